"""The installed `bizoverbiz serve` and `bizoverbiz worker`, as an operator runs them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg2
import pytest

from bizoverbiz.settings import load_settings

from .conftest import SIRENS, Network
from .test_observing import samples

COMMAND = str(Path(sys.executable).with_name("bizoverbiz"))
Start = Callable[..., subprocess.Popen[str]]


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def start(url: str, network: Network, key_path: Path) -> Iterator[Start]:
    """Starts a command beside the network of the test, on its database; ends it in any case."""
    with contextlib.ExitStack() as stack:

        def started(*words: str, public_url: str = "http://127.0.0.1:8070") -> subprocess.Popen[str]:
            environment = os.environ | {
                "DATABASE_URL": url,
                "BIZOVERBIZ_SIGNING_KEY": str(key_path),
                "BIZOVERBIZ_PUBLIC_URL": public_url,
            }
            process = subprocess.Popen([COMMAND, *words], env=environment, stderr=subprocess.PIPE, text=True)
            stack.callback(lambda: process.stderr and process.stderr.close())
            stack.callback(process.wait)
            stack.callback(process.terminate)
            return process

        yield started


def answering(url: str, process: subprocess.Popen[str]) -> httpx.Response:
    for _ in range(300):
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(url)
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.1)
    raise AssertionError(f"{url} did not answer within thirty seconds")


def test_several_processes_count_together_on_an_address_of_their_own(network: Network, start: Start) -> None:
    port, metrics = unused_port(), unused_port()
    base = f"http://127.0.0.1:{port}"
    process = start("serve", "--port", str(port), "--workers", "2", "--metrics-port", str(metrics))
    answering(f"{base}/v1/health", process)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: httpx.get(f"{base}/v1/keys").status_code, range(40)))
    assert done == [200] * 40
    assert httpx.get(f"{base}/metrics").status_code == 404
    found = samples(httpx.get(f"http://127.0.0.1:{metrics}/metrics").text)
    labels = (("method", "GET"), ("route", "/v1/keys"), ("status", "200"))
    assert found["bizoverbiz_http_requests_total", labels] == 40
    assert found["bizoverbiz_http_request_seconds_count", labels[:2]] == 40
    assert found["bizoverbiz_database_connections_in_use", ()] == 0
    assert found["bizoverbiz_database_connections_most", ()] == 80
    children = [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    served = [pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(served[0], signal.SIGKILL)
    time.sleep(1)
    answering(f"{base}/v1/health", process)
    found = samples(httpx.get(f"http://127.0.0.1:{metrics}/metrics").text)
    assert found["bizoverbiz_http_requests_total", labels] == 40, "what a dead process counted stays"
    # a process that is only starting does not heed the signal yet
    time.sleep(10)
    process.terminate()
    assert process.wait(timeout=60) == 0


def test_the_worker_publishes_its_steps_and_what_waits(network: Network, start: Start) -> None:
    metrics = unused_port()
    process = start("worker", "--metrics-port", str(metrics))
    done = [("bizoverbiz_worker_steps_total", (("outcome", "done"), ("step", step))) for step in ("match", "look")]
    for _ in range(300):
        found = samples(answering(f"http://127.0.0.1:{metrics}/metrics", process).text)
        if all(map(found.get, done)):
            break
        time.sleep(0.1)
    assert all(found[step] >= 1 for step in done)
    assert found["bizoverbiz_database_up", ()] == 1
    assert found["bizoverbiz_database_connections_most", ()] == 40
    assert found["bizoverbiz_worker_step_seconds_count", (("step", "look"),)] >= 1


def test_what_has_begun_is_finished_when_the_server_is_stopped(network: Network, start: Start, url: str) -> None:
    port = unused_port()
    base = f"http://127.0.0.1:{port}"
    process = start("serve", "--port", str(port), public_url=base)
    answering(f"{base}/v1/health", process)
    network.clock.now = datetime.now(UTC)
    member = network.member(SIRENS[0])
    member.base_url = base
    with contextlib.closing(psycopg2.connect(url)) as holding, ThreadPoolExecutor(1) as pool:
        with holding.cursor() as cursor:
            cursor.execute("SET ROLE bizoverbiz_worker")
            cursor.execute("LOCK TABLE declaration_change IN EXCLUSIVE MODE")
        pending = pool.submit(member.declare)
        time.sleep(1)
        assert not pending.done()
        process.send_signal(signal.SIGTERM)
        time.sleep(1)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{base}/v1/health")
        holding.rollback()
        assert pending.result(timeout=30).status_code == 200
    process.wait(timeout=30)


def test_metrics_on_an_address_in_use_are_refused_in_one_line(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start("worker", "--metrics-port", str(port))
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert (
        said.splitlines()[-1] == f"bizoverbiz: metrics cannot be published on 127.0.0.1:{port}: Address already in use"
    )


def test_settings_are_read_from_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "database_url").write_text("postgresql://bizoverbiz:secret@db/bizoverbiz\n")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("BIZOVERBIZ_SECRETS", str(tmp_path))
    assert load_settings().database_url == "postgresql://bizoverbiz:secret@db/bizoverbiz"
