"""Plays a log in headless Chromium and writes the state hash of every tick.

    python chromium.py MODULE.wasm LOG HASHES [MODULE.wasm LOG HASHES ...]

Needs Playwright and a Chromium: $CHROMIUM or /usr/bin/chromium.
"""

import base64
import functools
import http.server
import os
import pathlib
import sys
import threading

from playwright.sync_api import sync_playwright

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = """async ([module, log]) => {
    const { loadCore } = await import("/Clients/web/hyoshi.js");
    const { replay } = await import("/Tests/Sameness/replay.js");
    const core = await loadCore(module);
    const bytes = await (await fetch(log)).arrayBuffer();
    const start = performance.now();
    const hashes = new Uint8Array(replay(core, bytes).buffer);
    const milliseconds = performance.now() - start;
    let text = "";
    for (let at = 0; at < hashes.length; at += 4096) {
        text += String.fromCharCode(...hashes.subarray(at, at + 4096));
    }
    return [milliseconds, btoa(text)];
}"""


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the repository's own files, and the ones that were named under /given/."""

    given = []

    def translate_path(self, path):
        if path.startswith("/given/"):
            return self.given[int(path.removeprefix("/given/"))]
        return super().translate_path(path)

    def guess_type(self, path):
        if str(path).endswith(".js"):
            return "text/javascript"
        return "application/wasm" if str(path).endswith(".wasm") else "application/octet-stream"

    def do_GET(self):
        if self.path != "/":
            return super().do_GET()
        page = b"<!doctype html><title>Sameness</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *arguments):
        pass


def main():
    given = sys.argv[1:]
    Handler.given = [os.path.abspath(path) for path in given]
    handler = functools.partial(Handler, directory=str(REPOSITORY))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-dev-shm-usage"])
        page = browser.new_page()
        page.set_default_timeout(600_000)
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        for at in range(0, len(given), 3):
            milliseconds, text = page.evaluate(SCRIPT, [f"/given/{at}", f"/given/{at + 1}"])
            hashes = base64.b64decode(text)
            pathlib.Path(given[at + 2]).write_bytes(hashes)
            ticks = len(hashes) // 8
            print(f"{ticks} ticks in {milliseconds:.0f} ms,",
                  f"{milliseconds * 1e6 / max(ticks, 1):.0f} ns each")
        browser.close()
    server.shutdown()


main()
