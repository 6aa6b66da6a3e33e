"""One JSON call to the engine, and what can come of it."""

import json

import requests
from requests.adapters import HTTPAdapter

#: The engine, or a proxy before it, asks for patience: nothing was decided.
TRY_AGAIN = frozenset({408, 425, 429})


class Answer(dict):
    """A JSON object, and the version of what it says if the engine told one."""

    def __init__(self, content: dict, etag: str | None = None):
        super().__init__(content)
        self.etag = etag


class NoAnswerError(Exception):
    """No usable answer. ``reason``: connection, timeout, status or content."""

    def __init__(self, reason: str, detail: str):
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class RefusalError(Exception):
    """A 4xx with RFC 9457 problem details."""

    def __init__(self, status: int, problem: dict):
        self.status = status
        self.slug = str(problem.get("type") or "").rpartition("/")[2]
        self.detail = str(problem.get("detail") or problem.get("title") or "")
        self.problem = problem
        super().__init__(f"{status} {self.slug}: {self.detail}")


class _Patience(HTTPAdapter):
    """Carries the (connect, read) timeout below the session, where everything that wraps a session expects a number."""

    def __init__(self, timeout: tuple[float, float]):
        self._timeout = timeout
        super().__init__()

    def send(self, request, **kwargs):
        return super().send(request, **{**kwargs, "timeout": self._timeout})


def call(method, url, *, auth=None, payload=None, params=None, headers=None, timeout=(5, 60)) -> Answer:
    """Send one request and give back the JSON object it was answered with.

    A redirection is not followed: the signature covers the address.

    :raises NoAnswerError: if it is unknown whether the engine did what was asked
    :raises RefusalError: if the engine refused
    """
    body = None if payload is None else json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    headers = {"Accept": "application/json", **(headers or {})}
    if body is not None:
        headers["Content-Type"] = "application/json"
    with requests.Session() as session:
        session.mount("https://", _Patience(timeout))
        session.mount("http://", _Patience(timeout))
        try:
            response = session.request(
                method, url, params=params, data=body, headers=headers, auth=auth, allow_redirects=False
            )
        except requests.Timeout as error:
            raise NoAnswerError("timeout", str(error)) from error
        except requests.RequestException as error:
            raise NoAnswerError("connection", str(error)) from error
    return _read(response)


def _read(response: requests.Response) -> Answer:
    status = response.status_code
    if status >= 500 or status in TRY_AGAIN:
        raise NoAnswerError("status", f"HTTP {status}")
    try:
        answer = response.json()
    except ValueError as error:
        kind = response.headers.get("Content-Type", "no content type")
        raise NoAnswerError("content", f"HTTP {status}, {kind}") from error
    if not isinstance(answer, dict):
        raise NoAnswerError("content", f"HTTP {status}, JSON that is no object")
    if status >= 400:
        raise RefusalError(status, answer)
    if status >= 300:
        raise NoAnswerError("status", f"HTTP {status}")
    return Answer(answer, response.headers.get("ETag"))
