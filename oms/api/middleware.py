"""Below /api every refusal is a problem, whoever raised it: a wrong method, a wrong host, a body too large."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from core.calls import problem_response
from core.problems import Problem

JSON = ("application/json", "application/problem+json")
TYPES = {
    400: "invalid",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "invalid",
    503: "unavailable",
}
WORDS = {503: "The database does not answer. Send the same request again in a moment."}


def api_problems(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Turn refusals that are pages into problems."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if request.path.startswith("/api/") and response.status_code >= 400 and kind not in JSON:
            return _as_problem(response)
        return response

    return middleware


def _as_problem(response: HttpResponse) -> HttpResponse:
    status = HTTPStatus(response.status_code)
    allowed = response.headers.get("Allow", "")
    words = f"Use {allowed}." if allowed else WORDS.get(status, f"{status.description or status.phrase}.")
    problem = Problem(words)
    problem.type, problem.title, problem.status = TYPES.get(status, "internal"), status.phrase, status.value
    told = problem_response(problem)
    told["Content-Length"] = str(len(told.content))
    for name in ("Allow", "Retry-After"):
        if name in response.headers:
            told[name] = response.headers[name]
    return told
