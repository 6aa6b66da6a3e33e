"""Starting, watching and ending processes."""

import json
import os
import socket
import sys
import time

import pytest

from demo.processes import ProcessDiedError, Processes, free_port

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_a_later_call_ends_what_an_earlier_one_started(tmp_path):
    Processes(tmp_path).start("sleeper", SLEEPER, {}, tmp_path)
    later = Processes(tmp_path)
    assert later.running() == ["sleeper"]
    assert later.stop_all() == ["sleeper"]
    assert later.running() == []


def test_a_process_that_does_not_heed_the_first_signal_is_ended_all_the_same(tmp_path):
    deaf = "from signal import *; import time; signal(SIGTERM, SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    processes = Processes(tmp_path)
    processes.start("deaf", [sys.executable, "-c", deaf], {}, tmp_path)
    processes.wait_until("deaf", "its start", lambda: "deaf" in processes.log("deaf").read_text(), 10)
    assert processes.stop("deaf", seconds=0.3)
    assert processes.running() == []


def test_a_reused_process_id_is_left_alone(tmp_path):
    processes = Processes(tmp_path)
    (tmp_path / "run" / "engine.json").write_text(json.dumps({"pid": os.getpid(), "started": "another boot/1"}))
    assert processes.running() == []
    assert processes.stop_all() == []


def test_a_process_that_dies_is_reported_with_the_end_of_its_log(tmp_path):
    processes = Processes(tmp_path)
    processes.start("engine", [sys.executable, "-c", "raise SystemExit('no database')"], {}, tmp_path)
    began = time.monotonic()
    with pytest.raises(ProcessDiedError, match=r"(?s)engine ended with status 1.*no database"):
        processes.wait_until("engine", "an answer", lambda: False, 20)
    assert time.monotonic() - began < 15


def test_an_answer_of_another_process_on_the_port_does_not_count(tmp_path):
    processes = Processes(tmp_path)
    port = free_port(0)
    processes.start("server", [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)], {}, tmp_path)
    processes.wait_until("server", "its port", lambda: processes.listens("server", port), 10)
    processes.start("late", SLEEPER, {}, tmp_path)
    assert not processes.listens("late", port)
    assert set(processes.stop_all()) == {"late", "server"}


def test_a_taken_port_is_replaced_by_a_free_one():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) not in (0, port)
