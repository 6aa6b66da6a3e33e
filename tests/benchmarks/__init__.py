"""Side by side with others on the same files; `make bench` runs it, `python -m tests.benchmarks -h` explains it."""
