"""Plays the built-in page in a real headless Chromium, against a running server.

    make web && python test_page.py          starts `swift run hyoshi serve ...`
    HYOSHI=path/to/hyoshi python test_page.py     starts that binary instead
    python test_page.py -- COMMAND ...       starts COMMAND; {port} and {admin} in it are replaced

Needs Playwright (pip install playwright) and a Chromium: $CHROMIUM or /usr/bin/chromium.
Nothing here is decided by timing: every wait is for a condition, with a generous bound.
The last line is `N passed, N failed`; the exit status is 0 only if nothing failed.
"""

import argparse
import contextlib
import json
import math
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import traceback
import urllib.request

try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sys.exit("Playwright is missing: pip install playwright")

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
WAIT_SECONDS = 60
TURN_PER_TICK = 3 / 256


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def default_command():
    binary = os.environ.get("HYOSHI")
    start = [binary] if binary else ["swift", "run", "hyoshi"]
    modules = REPOSITORY / ".build" / "web"
    return [
        *start, "serve", "--port", "{port}", "--admin-port", "{admin}", "--game", "arena,tag",
        "--web", str(modules)]


class Server:
    """The server under test; it can be killed and started again at the same port."""

    def __init__(self, command, log_path):
        self.port = free_port()
        self.admin = free_port()
        self.command = [part.format(port=self.port, admin=self.admin) for part in command]
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = open(log_path, "ab")
        self.process = None

    def start(self, seconds):
        # A group of its own: `swift run` has children that must end with it.
        self.process = subprocess.Popen(
            self.command, cwd=REPOSITORY, stdout=self.log, stderr=self.log,
            start_new_session=True)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with status {self.process.returncode}")
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(self.address, timeout=5) as response:
                    response.read()
                    return
            time.sleep(0.1)
        raise RuntimeError("the server does not answer")

    def end(self, with_signal):
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, with_signal)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None


class Pages:
    """Browser pages, and all that they complained about."""

    def __init__(self, browser, server, artifacts):
        self.browser = browser
        self.server = server
        self.artifacts = artifacts
        self.complaints = []
        self.server_is_away = False
        self.contexts = []

    def open(self, query, prepare=None, **context_options):
        options = {"viewport": {"width": 1280, "height": 720}, **context_options}
        context = self.browser.new_context(**options)
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_SECONDS * 1000)
        page.on("console", self.heard)
        page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        if prepare is not None:
            prepare(page)
        page.goto(self.server.address + "/" + query)
        return page

    def heard(self, message):
        if message.type != "error" or self.server_is_away:
            return
        # The beat is an offer: a server without it is no fault of the page.
        if message.location.get("url", "").endswith("/beat.json"):
            return
        # Refused by a test of its own.
        if message.location.get("url", "").endswith(".wasm") and "404" in message.text:
            return
        self.complaints.append(f"console: {message.text}")

    def close(self):
        for context in self.contexts:
            context.close()
        self.contexts = []

    def picture(self, page, name):
        page.screenshot(path=self.artifacts / f"{name}.png")


def value(page, expression):
    return page.evaluate(expression)


def wait(page, condition, argument=None):
    # Playwright's own wait_for_function evaluates strings in the page, which its policy forbids.
    deadline = time.monotonic() + WAIT_SECONDS
    while not page.evaluate(condition, argument):
        assert time.monotonic() < deadline, f"never came true: {condition}"
        page.wait_for_timeout(20)


def joined(page):
    wait(page, "window.hyoshi?.connection.state === 'joined' && hyoshi.tick > 0"
         " && hyoshi.stats.pictures > 0")
    return value(page, "hyoshi.seat")


def playing(page):
    seat = joined(page)
    wait(page, "hyoshi.ownShip !== null && hyoshi.ownShip.health > 0")
    return seat


def picture_facts(page):
    """How many colours the picture has, and how much of it is not the sky."""
    return value(page, """() => {
        const canvas = document.getElementById("arena");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const colors = new Set();
        let bright = 0;
        for (let index = 0; index < data.length; index += 4) {
            colors.add((data[index] << 16) | (data[index + 1] << 8) | data[index + 2]);
            if (data[index] + data[index + 1] + data[index + 2] > 300) bright += 1;
        }
        return { colors: colors.size, bright };
    }""")


def test_card_and_keyboard(pages):
    """The card joins; two pages in one room see each other move; a tap of a key counts."""
    first = pages.open("?room=pair")
    first.fill("#name", "Ada")
    first.click("#join .primary")
    second = pages.open("?room=pair&name=Grace")
    seats = [playing(first), playing(second)]
    assert seats[0] != seats[1], seats
    for page in (first, second):
        wait(page, "['Ada', 'Grace'].every((name) => "
             "hyoshi.roster.some((entry) => entry.name === name))")
        wait(page, "document.querySelectorAll('#board .row').length >= 2")
    for mover, watcher, seat in ((first, second, seats[0]), (second, first, seats[1])):
        ship = "hyoshi.ships.find((ship) => ship.seat === SEAT)".replace("SEAT", str(seat))
        before = value(watcher, ship)
        mover.bring_to_front()
        mover.keyboard.down("ArrowUp")
        watcher_condition = f"""(before) => {{
            const ship = {ship};
            return ship !== undefined && Math.hypot(ship.x - before.x, ship.y - before.y) > 20;
        }}"""
        wait(watcher, watcher_condition, before)
        mover.keyboard.up("ArrowUp")
        heading = value(watcher, ship)["heading"]
        mover.keyboard.down("KeyA")
        wait(watcher, f"(heading) => {ship}.heading !== heading", heading)
        mover.keyboard.up("KeyA")
        fired = f"hyoshi.shotsFired[{seat}] ?? 0"
        wait(mover, "hyoshi.ownShip.health > 0")
        shots = value(watcher, fired)
        # Down and up within one display refresh.
        mover.keyboard.press("Space")
        wait(watcher, f"(shots) => ({fired}) > shots", shots)
    pages.picture(first, "two-players")


def test_picture(pages):
    """The picture shows stars, rocks and ships, and it moves."""
    page = pages.open("?room=pair&name=Painter")
    playing(page)
    pictures = value(page, "hyoshi.stats.pictures")
    wait(page, "(before) => hyoshi.stats.pictures > before + 10", pictures)
    facts = picture_facts(page)
    assert facts["colors"] > 40 and facts["bright"] > 100, facts
    page.keyboard.down("ArrowUp")
    before = page.screenshot()
    start = value(page, "hyoshi.ownShip")
    wait(page, "(start) => Math.hypot(hyoshi.ownShip.x - start.x, hyoshi.ownShip.y - start.y) > 40",
         start)
    assert page.screenshot() != before
    page.keyboard.up("ArrowUp")


def steer_at_rock(page):
    """One glance of a simple pilot: turns to the nearest rock, shoots when it points there."""
    state = value(page, "({ ship: hyoshi.ownShip, rocks: hyoshi.rocks, ships: hyoshi.ships })")
    ship = state["ship"]
    held = set()
    if ship is not None and ship["health"] > 0 and state["rocks"]:
        def way(rock):
            return [(rock[axis] - ship[axis] + 2048) % 4096 - 2048 for axis in ("x", "y")]

        x, y = min(map(way, state["rocks"]), key=lambda each: math.hypot(*each))
        error = math.atan2(y, x) / (2 * math.pi) - ship["heading"]
        error -= round(error)
        if abs(error) > 2 * TURN_PER_TICK:
            held.add("ArrowRight" if error > 0 else "ArrowLeft")
        speed = math.hypot(ship["velocityX"], ship["velocityY"])
        if math.hypot(x, y) > 350 and speed < 3 and abs(error) < 0.1:
            held.add("ArrowUp")
        elif speed > 1.5:
            held.add("ArrowDown")
        if abs(error) < 0.03:
            held.add("Space")
    return held


def fly_until(page, condition):
    held = set()
    deadline = time.monotonic() + 4 * WAIT_SECONDS
    while not value(page, condition):
        assert time.monotonic() < deadline, f"never came true: {condition}"
        wanted = steer_at_rock(page)
        for key in held - wanted:
            page.keyboard.up(key)
        for key in wanted - held:
            page.keyboard.down(key)
        held = wanted
    for key in held:
        page.keyboard.up(key)


def test_resume(pages):
    """A lost connection comes back to its seat and score by itself; so does a reloaded page."""
    page = pages.open("?room=pair&name=Phoenix")
    seat = playing(page)
    fly_until(page, "hyoshi.ownShip.score > 0")
    score = value(page, "hyoshi.ownShip.score")
    pages.picture(page, "playing")
    value(page, "hyoshi.dropConnection()")
    assert value(page, "hyoshi.connection.state") == "waiting"
    waits = value(page, "hyoshi.connection.waits")
    assert len(waits) == 1 and 500 <= waits[0] <= 1000, waits
    assert playing(page) == seat
    assert value(page, "hyoshi.ownShip.score") >= score
    assert value(page, "hyoshi.stats.resumed") == 1
    inputs = value(page, "hyoshi.stats.inputs")
    start = value(page, "hyoshi.ownShip")
    page.keyboard.down("ArrowUp")
    wait(page, "(inputs) => hyoshi.stats.inputs > inputs + 30", inputs)
    wait(page, "(start) => Math.hypot(hyoshi.ownShip.x - start.x, hyoshi.ownShip.y - start.y) > 20",
         start)
    page.keyboard.up("ArrowUp")
    page.reload()
    assert joined(page) == seat
    assert value(page, "hyoshi.ownShip.score") >= score


def test_hostile_name(pages):
    """A name full of markup is text, in the list and in the picture."""
    name = "<img src=x onerror=a()>"
    page = pages.open("?room=names&name=" + urllib.request.quote(name))
    playing(page)
    wait(page, "(name) => [...document.querySelectorAll('#board .name')]"
         ".some((each) => each.textContent === name)", name)
    assert value(page, "document.querySelectorAll('#board img').length") == 0


def test_spectator(pages):
    """A spectator has no seat and sees the room."""
    player = pages.open("?room=watched&name=Star")
    playing(player)
    page = pages.open("?room=watched&spectate")
    assert joined(page) is None
    wait(page, "hyoshi.drawnShips.length > 0")
    wait(page, "hyoshi.stats.snapshots > 60")
    assert value(page, "hyoshi.stats.inputs") == 0
    facts = picture_facts(page)
    assert facts["colors"] > 40, facts


def test_leave(pages):
    """Leaving gives up the seat and shows the card again."""
    stays = pages.open("?room=leaving&name=Stays")
    playing(stays)
    goes = pages.open("?room=leaving&name=Goes")
    playing(goes)
    wait(stays, "hyoshi.roster.some((entry) => entry.name === 'Goes')")
    goes.click("#leave")
    goes.wait_for_selector("#join", state="visible")
    wait(stays, "!hyoshi.roster.some((entry) => entry.name === 'Goes')")
    assert value(goes, "hyoshi.connection.state") == "ended"
    pages.picture(goes, "card")
    goes.click("#join .primary")
    playing(goes)


def touch(session, kind, points):
    touch_points = [{"x": x, "y": y, "id": number} for number, (x, y) in points.items()]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touch_points})


def test_phone(pages):
    """Two thumbs steer and shoot on a phone, and the page neither scrolls nor zooms."""
    page = pages.open(
        "?room=phone", viewport={"width": 390, "height": 844}, device_scale_factor=2,
        has_touch=True, is_mobile=True)
    page.fill("#name", "Thumb")
    page.tap("#join .primary")
    seat = playing(page)
    start = value(page, "hyoshi.ownShip")
    session = page.context.new_cdp_session(page)
    touch(session, "touchStart", {0: (90, 640), 1: (310, 640)})
    touch(session, "touchMove", {0: (90, 580), 1: (310, 640)})
    # Up on the screen is a heading of three quarters of a turn.
    wait(page, "hyoshi.ownShip.health > 0 && Math.abs(hyoshi.ownShip.heading - 0.75) < 0.04")
    wait(page, "(start) => Math.hypot(hyoshi.ownShip.x - start.x, hyoshi.ownShip.y - start.y) > 20",
         start)
    wait(page, f"hyoshi.shotsFired[{seat}] > 1")
    assert value(page, "hyoshi.usesTouch")
    pages.picture(page, "phone")
    touch(session, "touchEnd", {})
    place = value(page, "[scrollX, scrollY, visualViewport.scale, "
                  "document.documentElement.scrollWidth]")
    assert place == [0, 0, 1, 390], place


def test_beat(pages):
    """The strip shows how snapshots arrive, and the server's own numbers where it has them."""
    page = pages.open("?room=beat&name=Drummer")
    playing(page)
    wait(page, "hyoshi.stats.snapshots > 120")
    wait(page, "Number(document.querySelector('[data-value=p50]').textContent) > 1")
    shown = value(page, "document.querySelector('#beat').textContent")
    assert "NaN" not in shown and "undefined" not in shown, shown
    print("    " + json.dumps(value(page, "hyoshi.stats")))


WATCHER = """(key) => {
    const own = () => hyoshi.drawnOwnShip;
    const shots = () => hyoshi.drawnShots.filter((shot) => shot.seat === hyoshi.seat).length;
    const result = { frames: 0, key };
    const before = { heading: own().heading, shots: shots(), server: hyoshi.ownShip.heading,
        fired: hyoshi.shotsFired[hyoshi.seat] ?? 0 };
    let pressedAt = NaN;
    window.addEventListener("keydown", (event) => {
        if (event.code === key && Number.isNaN(pressedAt)) pressedAt = performance.now();
    }, { capture: true });
    const look = () => {
        if (!Number.isNaN(pressedAt)) {
            result.frames += 1;
            const now = performance.now() - pressedAt;
            const answered = key === "Space" ? shots() > before.shots
                : own() !== null && own().heading !== before.heading;
            if (answered && result.shownFrames === undefined) {
                result.shownFrames = result.frames;
                result.shownMilliseconds = now;
            }
            if (hyoshi.ownShip?.heading !== before.server) result.serverMilliseconds ??= now;
            result.fired = (hyoshi.shotsFired[hyoshi.seat] ?? 0) - before.fired;
        }
        window.requestAnimationFrame(look);
    };
    window.requestAnimationFrame(look);
    window.watched = result;
}"""


def set_slider(page, name, number):
    page.eval_on_selector(f"#net-{name}", """(slider, number) => {
        slider.value = String(number);
        slider.dispatchEvent(new Event("input"));
    }""", number)
    assert page.inner_text(f"#net-{name}-value") == f"{number} ms"


def adapted(page):
    """Waits until the core has found its lead over the slow line: no more commands come late."""
    for _ in range(40):
        late = value(page, "hyoshi.netcode.late ?? 0")
        page.wait_for_timeout(2500)
        if value(page, "hyoshi.netcode.late ?? 0") == late:
            return
    raise AssertionError("commands keep coming late")


def slow(page):
    """Over 300 ms there and back, alone and at rest."""
    page.keyboard.press("n")
    set_slider(page, "latency", 300)
    adapted(page)
    wait(page, "hyoshi.drawnOwnShip?.health > 0 && hyoshi.ownShip?.health > 0")


def answer_of(page, key):
    """When the shown own ship answers a key, and when the server does."""
    page.evaluate(WATCHER, key)
    page.keyboard.down(key)
    wait(page, "watched.shownFrames !== undefined")
    wait(page, "watched.key === 'Space' || watched.serverMilliseconds !== undefined")
    page.keyboard.up(key)
    return value(page, "({ ...watched })")


def test_prediction(pages):
    """At 300 ms of added latency the own ship and its shots answer at once, and once."""
    page = pages.open("?room=far&name=Far")
    playing(page)
    slow(page)
    for key in ("ArrowLeft", "ArrowRight", "ArrowLeft"):
        answer = answer_of(page, key)
        print(f"    {key}: shown after {answer['shownFrames']} frames,"
              f" {answer['shownMilliseconds']:.0f} ms;"
              f" the server after {answer['serverMilliseconds']:.0f} ms")
        assert answer["shownFrames"] <= 2, answer
        assert answer["serverMilliseconds"] >= 300, answer
        assert answer["shownMilliseconds"] < answer["serverMilliseconds"] / 2, answer
        page.wait_for_timeout(700)
    fired = value(page, "hyoshi.shotsFired[hyoshi.seat] ?? 0")
    answer = answer_of(page, "Space")
    print(f"    shot: shown after {answer['shownFrames']} frames,"
          f" {answer['shownMilliseconds']:.0f} ms")
    assert answer["shownFrames"] <= 2, answer
    # The key was held a moment: as many shots as the server made, each shown once.
    wait(page, "hyoshi.drawnShots.every((shot) => shot.seat !== hyoshi.seat)")
    shown = value(page, "hyoshi.shotsFired[hyoshi.seat] ?? 0") - fired
    assert 1 <= shown <= 3, shown


def test_without_prediction(pages):
    """With prediction switched off the own ship waits for the server; then it does not again."""
    page = pages.open("?room=far&name=Plain")
    playing(page)
    slow(page)
    page.uncheck("#net-prediction")
    wait(page, "hyoshi.netcode.prediction === 'switchedOff'")
    page.wait_for_timeout(700)
    answer = answer_of(page, "ArrowLeft")
    print(f"    without: shown after {answer['shownMilliseconds']:.0f} ms")
    assert answer["shownMilliseconds"] >= 300, answer
    page.check("#net-prediction")
    wait(page, "hyoshi.netcode.prediction === 'on'")
    page.wait_for_timeout(700)
    assert answer_of(page, "ArrowRight")["shownFrames"] <= 2


def test_panel(pages):
    """The panel opens and closes, its numbers come, and ghosts trail a ship over a slow line."""
    page = pages.open("?room=panel&name=Panel")
    playing(page)
    assert page.is_hidden("#netcode")
    slow(page)
    assert page.is_visible("#netcode")
    assert value(page, "hyoshi.drawnGhosts.length") == 0
    page.check("#net-ghosts")
    page.keyboard.down("ArrowUp")
    wait(page, """(() => {
        const ghost = hyoshi.drawnGhosts.find((ship) => ship.seat === hyoshi.seat);
        const own = hyoshi.drawnOwnShip;
        return ghost && own && Math.hypot(own.x - ghost.x, own.y - ghost.y) > 20;
    })()""")
    page.wait_for_timeout(700)
    pages.picture(page, "panel")
    page.keyboard.up("ArrowUp")
    texts = value(page, """Object.fromEntries([...document.querySelectorAll("[data-net]")]
        .map((each) => [each.dataset.net, each.textContent]))""")
    assert len(texts) == 14 and all(texts.values()), texts
    for name in ("received", "sent", "round-trip", "lead", "margin", "delay", "predicted"):
        assert any(digit in texts[name] for digit in "123456789"), texts
    assert not any("NaN" in text or "undefined" in text for text in texts.values()), texts
    print("    " + json.dumps(texts))
    page.keyboard.press("n")
    assert page.is_hidden("#netcode")


def test_panel_on_phone(pages):
    """On a phone the panel opens by a button, fits, and leaves the thumbs their places."""
    page = pages.open(
        "?room=phone&name=Small", viewport={"width": 390, "height": 844}, device_scale_factor=2,
        has_touch=True, is_mobile=True)
    playing(page)
    page.tap("#net-button")
    wait(page, "Number(document.querySelector('[data-net=received]').textContent"
         ".replace(/[^0-9]/g, '')) > 0")
    box = page.locator("#netcode").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] + box["height"] < 560, box
    pages.picture(page, "panel-phone")
    page.tap("#net-close")
    assert page.is_hidden("#netcode")
    place = value(page, "[scrollX, scrollY, document.documentElement.scrollWidth]")
    assert place == [0, 0, 390], place


def test_missing_module(pages):
    """Where the server has no module the page says what to do."""
    page = pages.open("?room=none&name=None", prepare=lambda page: page.route(
        "**/modules/*.wasm", lambda route: route.fulfill(status=404, body="")))
    wait(page, "document.querySelector('#join-message').textContent.includes('make web')")
    assert page.is_hidden("#join .primary")
    pages.picture(page, "no-module")


def test_debug_page(pages):
    """The debug page draws any game from its fields, and its keys play it."""
    for game, kind, seat, column, key in (
            ("arena", "ship", "owner", 0, "ArrowLeft"), ("tag", "person", "owner", 0, "ArrowLeft")):
        page = pages.open(f"debug?room=debug-{game}&game={game}")
        wait(page, "window.hyoshi?.seat === 0 && hyoshi.counts.snapshots > 30")
        wait(page, f"[...document.querySelectorAll('#tables h2')]"
             f".some((title) => title.textContent.startsWith('{kind} 1 of at most'))")
        row = "hyoshi.kinds[0].rows[0][1]"
        before = value(page, row)
        page.keyboard.down(key)
        wait(page, f"(before) => {row}[{column}] !== before[{column}]", before)
        page.keyboard.up(key)
        page.click("#view")
        wait(page, "hyoshi.prediction === 'on'")
        wait(page, "hyoshi.seat !== null && hyoshi.kinds[0].rows.length === 1")
        before = value(page, row)
        page.keyboard.down(key)
        wait(page, f"(before) => {row}[{column}] !== before[{column}]", before)
        page.keyboard.up(key)
        assert value(page, "hyoshi.counts.faults") == 0
        colors = value(page, """() => {
            const canvas = document.getElementById("world");
            const { data } = canvas.getContext("2d")
                .getImageData(0, 0, canvas.width, canvas.height);
            const colors = new Set();
            for (let index = 0; index < data.length; index += 4) {
                if (data[index + 3] > 0) colors.add(`${data[index]} ${data[index + 1]}`);
            }
            return colors.size;
        }""")
        assert colors > 5, colors
        pages.picture(page, f"debug-{game}")


def test_debug_page_on_phone(pages):
    """On a phone the flags are buttons, and the role can be changed."""
    page = pages.open(
        "debug?room=debug-phone&game=tag", viewport={"width": 390, "height": 844},
        device_scale_factor=2, has_touch=True, is_mobile=True)
    wait(page, "window.hyoshi?.seat === 0 && hyoshi.counts.snapshots > 30")
    before = value(page, "hyoshi.kinds[0].rows[0][1]")
    page.tap("#inputs button >> nth=1")
    wait(page, "(before) => hyoshi.kinds[0].rows[0][1][0] !== before[0]", before)
    pages.picture(page, "debug-phone")
    assert value(page, "document.documentElement.scrollWidth") == 390
    page.tap("#role")
    wait(page, "hyoshi.seat === null && hyoshi.counts.snapshots > 60")
    assert page.inner_text("#role") == "Take a seat"


def test_debug_page_without_module(pages):
    """Where the server has no module the debug page draws all the same, and says so when asked."""
    page = pages.open("debug?room=debug-none&game=tag", prepare=lambda page: page.route(
        "**/modules/*.wasm", lambda route: route.fulfill(status=404, body="")))
    wait(page, "window.hyoshi?.seat === 0 && hyoshi.counts.snapshots > 30")
    page.click("#view")
    wait(page, "document.querySelector('#state').textContent.includes('web.sh')")
    snapshots = value(page, "hyoshi.counts.snapshots")
    wait(page, "(before) => hyoshi.counts.snapshots > before + 30", snapshots)


def test_server_restart(pages):
    """While the server is away the pages wait ever longer; when it is back, so are they."""
    page = pages.open("?room=restart&name=Patient")
    playing(page)
    pages.server_is_away = True
    pages.server.end(signal.SIGKILL)
    wait(page, "hyoshi.connection.waits.length >= 3")
    pages.picture(page, "waiting")
    waits = value(page, "hyoshi.connection.waits")
    for attempt, milliseconds in enumerate(waits):
        interval = min(1000 * 2**attempt, 30000)
        assert interval / 2 <= milliseconds <= interval, waits
    pages.server.start(WAIT_SECONDS)
    playing(page)
    assert value(page, "hyoshi.connection.attempt") == 0
    pages.server_is_away = False
    assert page.is_hidden("#status")


def test_no_complaints(pages):
    """No page has written an error or thrown an exception."""
    assert not pages.complaints, pages.complaints


TESTS = [
    test_card_and_keyboard, test_picture, test_resume, test_hostile_name, test_spectator,
    test_leave, test_phone, test_beat, test_prediction, test_without_prediction, test_panel,
    test_panel_on_phone, test_missing_module, test_debug_page, test_debug_page_on_phone,
    test_debug_page_without_module,
    test_server_restart, test_no_complaints,
]


def run(pages, tests):
    failed = 0
    for test in tests:
        began = time.monotonic()
        try:
            test(pages)
            outcome = "ok  "
        except Exception:
            traceback.print_exc(file=sys.stdout)
            for number, context in enumerate(pages.contexts):
                with contextlib.suppress(Exception):
                    path = pages.artifacts / f"failed-{test.__name__}-{number}.png"
                    context.pages[0].screenshot(path=path)
            outcome = "FAIL"
            failed += 1
        pages.close()
        summary = (test.__doc__ or "").strip()
        print(f"{outcome} {test.__name__}: {summary} ({time.monotonic() - began:.1f} s)", flush=True)
    return failed


def options(description, artifacts):
    """The options that all of these programs have."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--artifacts", default=str(REPOSITORY / ".build" / artifacts),
                        help="folder for screenshots and the servers' logs")
    parser.add_argument("--only", default="", help="run only tests whose name contains this")
    return parser


def main(tests, arguments, command, start_seconds):
    """Runs the tests against the server that `command` starts, and leaves with what came of it."""
    folder = pathlib.Path(arguments.artifacts)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    chosen = [test for test in tests if arguments.only in test.__name__]
    server = Server(command, folder / "server.log")
    failed = len(chosen)
    try:
        server.start(start_seconds)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
                args=["--no-sandbox", "--disable-dev-shm-usage"])
            failed = run(Pages(browser, server, folder), chosen)
            browser.close()
    except Exception:
        traceback.print_exc(file=sys.stdout)
    finally:
        server.end(signal.SIGTERM)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    own = options("Plays the built-in page in Chromium.", "browser")
    own.add_argument("command", nargs="*", help="the server to start, after --")
    given = own.parse_args()
    # `swift run` may have to build first.
    main(TESTS, given, given.command or default_command(),
         WAIT_SECONDS if given.command else 30 * WAIT_SECONDS)
