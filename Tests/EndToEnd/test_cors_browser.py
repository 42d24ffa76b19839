"""Pages in a real browser: those of an allowed origin use the gateway, those of another one cannot."""

import json
import subprocess

import pytest

from harness import places
from harness.browser import Pages, look
from harness.gateway import result
from harness.process import inherited

SCRIPT = """<!doctype html><meta charset="utf-8"><title>page</title><script>
const gateway = %(gateway)s, key = %(key)s, json = {"Content-Type": "application/json"};
const known = {...json, Authorization: `Bearer ${key}`};
async function attempt(path, options = {}) {
    try {
        const answer = await fetch(gateway + path, options);
        return {type: answer.type, status: answer.status, text: await answer.text(), fields: Object.fromEntries(answer.headers)};
    } catch (error) {
        return {rejected: error.name};
    }
}
async function beginning(path) {
    const stop = new AbortController();
    try {
        const answer = await fetch(gateway + path, {headers: known, signal: stop.signal});
        const first = await answer.body.getReader().read();
        return {status: answer.status, text: new TextDecoder().decode(first.value)};
    } catch (error) {
        return {rejected: error.name};
    } finally {
        stop.abort();
    }
}
const post = (headers, body = "{}", more = {}) => ({method: "POST", headers, body, ...more});
const count = "/demo/local/count";
const asked = {
    preflighted: () => attempt(count, post({...known, "X-Request-Id": "req-of-a-page", "Idempotency-Key": "k"})),
    anonymous: () => attempt(count, post(json)),
    wrong_key: () => attempt(count, post({...json, Authorization: "Bearer rgw_wrong"})),
    private: () => attempt("/demo/local/_private", post(known)),
    nothing: () => attempt("/nothing", {headers: known}),
    too_large: () => attempt(count, post(known, "x".repeat(5000))),
    form: () => attempt(count, post({"Content-Type": "text/plain"})),
    stream: () => beginning("/-/notifications/news"),
    blind_form: () => attempt(count, post({}, "{}", {mode: "no-cors"})),
    blind: () => attempt(count, {method: "POST", mode: "no-cors"}),
    blind_message: () => attempt("/-/amqp/-/queue", {method: "POST", mode: "no-cors"}),
};
(async () => {
    const seen = {};
    for (const [name, ask] of Object.entries(asked)) if (%(names)s.includes(name)) seen[name] = await ask();
    await fetch("/seen", {method: "POST", body: JSON.stringify(seen)});
})();
</script>"""
READABLE = ["preflighted", "anonymous", "wrong_key", "private", "nothing", "too_large", "form", "stream"]
BLIND = ["blind_form", "blind", "blind_message"]


@pytest.fixture(scope="module")
def seen(module_family, tmp_path_factory):
    """What a page of an allowed origin saw, and one of another origin in a frame of it; and the gateway."""
    folder = tmp_path_factory.mktemp("browser")
    command = [places.executable(), "keys", "new", "page"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=inherited(), timeout=30, stdin=subprocess.DEVNULL)
    key, line = done.stdout.splitlines()
    (folder / "keys.yaml").write_text(line + "\n")
    texts, foreign_texts = {}, {}
    allowed, foreign = module_family.add(Pages(texts)), module_family.add(Pages(foreign_texts))
    gateway = module_family.gateway(
        "memory://",
        auth_keys=folder / "keys.yaml",
        auth_anonymous="true",
        http_cors_origins=allowed.origin,
        http_max_body_bytes=1000,
    )

    def page(names):
        return SCRIPT % {"gateway": json.dumps(gateway.base), "key": json.dumps(key), "names": json.dumps(names)}

    foreign_texts["/"] = page(READABLE + BLIND)
    texts["/"] = page(READABLE) + f'<iframe src="{foreign.origin}/"></iframe>'
    return *look(module_family, folder / "profile", [allowed, foreign], allowed.origin + "/"), gateway


def test_an_allowed_page_calls_and_reads(seen):
    mine, _, _ = seen
    first = mine["preflighted"]
    assert (first["type"], first["status"]) == ("cors", 200)
    assert first["fields"]["x-request-id"] == "req-of-a-page"
    assert first["fields"]["rpc-timeout"]
    assert mine["anonymous"]["status"] == 200
    assert mine["stream"]["status"] == 200 and mine["stream"]["text"].startswith(("retry:", ":"))


@pytest.mark.parametrize("name, status, code", [
    ("wrong_key", 401, "unauthenticated"), ("private", 403, "private-method"), ("nothing", 404, "http-404"), ("too_large", 413, "http-413"),
    ("form", 415, "http-415"),
])  # fmt: skip
def test_an_allowed_page_reads_problem_documents(seen, name, status, code):
    answer = seen[0][name]
    assert answer["status"] == status
    assert answer["fields"]["content-type"] == "application/problem+json"
    assert json.loads(answer["text"])["code"] == code
    assert answer["fields"]["x-request-id"] == json.loads(answer["text"])["request_id"]


@pytest.mark.parametrize("name", READABLE)
def test_a_foreign_page_reads_nothing(seen, name):
    assert seen[1][name] == {"rejected": "TypeError"}


def test_a_foreign_page_has_nothing_done(seen):
    """Not by what a browser sends without asking either; what it gets for that it cannot see."""
    mine, foreign, gateway = seen
    for name in BLIND:
        assert (foreign[name]["type"], foreign[name]["status"], foreign[name]["text"]) == ("opaque", 0, "")
    counted = int(result(gateway.post("/demo/local/counter")))
    assert counted == sum(mine[name]["status"] == 200 for name in ("preflighted", "anonymous")) == 2
