"""A headless browser, and pages of several origins that tell what they saw."""

import http.server
import json
import shutil
import threading

from harness.process import Process
from harness.waiting import until

# The first is the program itself; its script in /usr/bin would be ended without it.
NAMES = ["/usr/lib/chromium/chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]


class Pages:
    """Serves pages from a port of 127.0.0.1, which is an origin; what they post to `/seen` is kept."""

    def __init__(self, pages):
        self.seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(handler):
                page = pages.get(handler.path)
                handler.send_response(200 if page else 404)
                handler.send_header("Content-Type", "text/html; charset=utf-8")
                handler.end_headers()
                handler.wfile.write((page or "").encode())

            def do_POST(handler):
                self.seen.append(json.loads(handler.rfile.read(int(handler.headers["Content-Length"]))))
                handler.send_response(204)
                handler.end_headers()

            def log_message(handler, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)


class Browser(Process):
    """Chromium without a window, at one address until it is stopped."""

    def __init__(self, url, folder):
        found = [path for path in map(shutil.which, NAMES) if path]
        assert found, f"none of {', '.join(NAMES)} is installed; dev/packages test installs one"
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        super().__init__([found[0], *options, f"--user-data-dir={folder}", "--remote-debugging-port=0", url])


def look(family, folder, pages, url):
    """Opens an address, and returns what each of the pages saw."""
    browser = family.add(Browser(url, folder))

    def all_have_told():
        assert browser.running, browser.said()
        return all(page.seen for page in pages)

    until(all_have_told, 30, what="the pages have told nothing")
    return [page.seen[0] for page in pages]
