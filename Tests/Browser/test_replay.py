"""Plays recordings on the built-in page in a real headless Chromium.

    make web && python test_replay.py        starts `swift run hyoshi replay ...` and `... serve ...`
    HYOSHI=path/to/hyoshi python test_replay.py   starts that binary instead

Needs what test_page.py needs, and decides nothing by timing either.
The last line is `N passed, N failed`; the exit status is 0 only if nothing failed.
"""

import os
import signal

from test_page import REPOSITORY, WAIT_SECONDS, Server, main, options, picture_facts, value, wait

FIXTURES = REPOSITORY / "Tests" / "RecordingTests" / "Fixtures"
MODULES = REPOSITORY / ".build" / "web"
RECORDING = FIXTURES / "arena-2.hyoshi"
OFFERED = "replay?file=/recording.hyoshi"


def program():
    binary = os.environ.get("HYOSHI")
    return [binary] if binary else ["swift", "run", "hyoshi"]


def hashes():
    """The native hash after each tick, from tick 1 on, without leading zeros."""
    lines = (FIXTURES / "arena-2.hashes").read_text().split()
    return [line.lstrip("0") for line in lines]


def opened(page):
    wait(page, "document.body.dataset.stage === 'game' && hyoshi.recording !== null")


def compared(page):
    opened(page)
    wait(page, "hyoshi.isCompared")


def stands_at(page, tick):
    """The page has come to a tick, and has the state that the native program had."""
    wait(page, f"hyoshi.position === {tick} && hyoshi.tick === {tick} && !hyoshi.isWaiting")
    if tick > 0:
        assert value(page, "hyoshi.hash") == hashes()[tick - 1], tick


def choose(page, name, content):
    page.set_input_files(
        "#file", {"name": name, "mimeType": "application/octet-stream", "buffer": content})


def message(page):
    wait(page, "document.getElementById('join-message').textContent !== ''")
    assert value(page, "document.body.dataset.stage") == "card"
    return page.inner_text("#join-message")


def test_plays(pages):
    """The recording that is offered plays by itself, and is compared to its end meanwhile."""
    page = pages.open(OFFERED)
    compared(page)
    assert value(page, "hyoshi.firstDifferentTick") is None
    assert value(page, "hyoshi.comparedTick") == 600
    wait(page, "document.getElementById('verdict').textContent === 'all 600 ticks the same'")
    wait(page, "hyoshi.position > 60")
    wait(page, "document.querySelectorAll('#board .row').length > 0")
    facts = picture_facts(page)
    assert facts["colors"] > 100 and facts["bright"] > 100, facts
    pages.picture(page, "replay")
    page.click("#verdict")
    assert "lobby" in page.inner_text("#details")
    # Faster and faster to the end, and there it stops.
    for _ in range(4):
        page.keyboard.press("ArrowUp")
    assert value(page, "hyoshi.speed") == 16
    wait(page, "!hyoshi.isPlaying && hyoshi.position === 600")
    stands_at(page, 600)
    # From the end it starts anew.
    page.keyboard.press("Space")
    wait(page, "hyoshi.position < 600")


def test_scrubs(pages):
    """Wherever one goes, by pointer or key, there is the state that there was."""
    page = pages.open(f"{OFFERED}&tick=300")
    opened(page)
    assert value(page, "hyoshi.isPlaying") is False
    stands_at(page, 300)
    box = page.locator("#timeline").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + 30)
    page.mouse.down()
    stands_at(page, 200)
    assert page.inner_text("#hover").startswith("0:03.3")
    pages.picture(page, "replay-scrubbed")
    for share in (0.9, 0.2, 0.5, 1):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + 200)
        stands_at(page, round(600 * share))
    page.mouse.up()
    page.keyboard.press("Home")
    stands_at(page, 0)
    for tick in (1, 2, 3):
        page.keyboard.press("ArrowRight")
        stands_at(page, tick)
    page.keyboard.press("End")
    stands_at(page, 600)
    for tick in (599, 598):
        page.keyboard.press("ArrowLeft")
        stands_at(page, tick)
    page.keyboard.press("Shift+ArrowLeft")
    stands_at(page, 298)
    page.click("#step-back")
    stands_at(page, 297)
    page.click("#step-on")
    stands_at(page, 298)
    page.click("#to-start")
    stands_at(page, 0)
    page.focus("#timeline")
    page.keyboard.press("End")
    assert page.get_attribute("#timeline", "aria-valuenow") is not None
    stands_at(page, 600)
    seeks = value(page, """() => Array.from(
        { length: 50 }, (_, index) => hyoshi.measureSeek((index * 7919) % 600))""")
    print(f"     a jump took {sorted(seeks)[25]:.1f} ms, at most {max(seeks):.1f} ms")


def test_follows(pages):
    """A player is followed by a click on the list, and all of the world is shown."""
    page = pages.open(f"{OFFERED}&tick=400")
    compared(page)
    page.click("#board .row >> nth=1")
    wait(page, "typeof hyoshi.follow === 'number'")
    wait(page, """document.querySelectorAll("#board .row[aria-pressed='true']").length === 1""")
    assert page.locator("#wants span").count() > 2 and page.is_visible("#wants")
    page.keyboard.press("KeyF")
    page.click("[data-follow=none]")
    assert value(page, "hyoshi.follow") == "none"
    pages.picture(page, "replay-everything")
    # To drag the picture is to look elsewhere; a click on it plays.
    page.keyboard.press("Escape")
    assert value(page, "hyoshi.follow") == "leader"
    page.mouse.move(400, 300)
    page.mouse.down()
    page.mouse.move(460, 330)
    page.mouse.up()
    assert value(page, "hyoshi.follow") == "none" and value(page, "hyoshi.isPlaying") is False
    page.mouse.click(400, 300)
    wait(page, "hyoshi.position > 400")


def test_files(pages):
    """Files are chosen or dropped; what cannot be played is refused in words."""
    whole = RECORDING.read_bytes()
    page = pages.open("replay")
    choose(page, "whole.hyoshi", whole)
    compared(page)
    page.click("#another")
    assert value(page, "document.body.dataset.stage") == "card"
    for name, content, words in (
            ("notes.txt", b"nothing of the kind", "no recording of a room"),
            ("empty.hyoshi", b"", "no recording of a room"),
            ("later.hyoshi", whole[:7] + b"\x63" + whole[8:], "of format 99"),
            ("cut.hyoshi", whole[:40], "header is damaged or cut off"),
            ("other.hyoshi", (FIXTURES / "drifters-1.hyoshi").read_bytes(), "no module")):
        choose(page, name, content)
        wait(page, "(words) => document.getElementById('join-message').textContent"
             ".includes(words)", words)
        message(page)
    pages.picture(page, "replay-refused")
    choose(page, "torn.hyoshi", whole[:6000])
    compared(page)
    assert value(page, "hyoshi.recording.ending") == "torn"
    assert value(page, "hyoshi.firstDifferentTick") is None
    wait(page, "document.getElementById('verdict').textContent.includes('tear')")
    flipped = bytearray(whole)
    flipped[6000] ^= 4
    page.click("#another")
    # Dropped on the page, as from a folder.
    page.evaluate("""(octets) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(octets)], "damaged.hyoshi"));
        window.dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
    }""", list(flipped))
    compared(page)
    wait(page, "document.getElementById('verdict').dataset.state === 'damaged'")
    assert value(page, "hyoshi.recording.ticks") < 600
    page = pages.open("replay?file=/nothing.hyoshi")
    assert "there is no /nothing.hyoshi" in message(page).lower()


def test_other_rules(pages):
    """A recording by other rules is red from their first tick on, and the field has a name."""
    page = pages.open("replay")
    choose(page, "changed.hyoshi", (FIXTURES / "arena-changed.hyoshi").read_bytes())
    compared(page)
    assert value(page, "hyoshi.firstDifferentTick") == 250
    wait(page, "document.getElementById('verdict').textContent === 'differs from tick 250'")
    page.click("#verdict")
    assert "ship.score" in page.inner_text("#details")
    wait(page, "hyoshi.position > 30")
    pages.picture(page, "replay-differs")
    page.click("#verdict")
    assert page.is_hidden("#details")


def test_on_phone(pages):
    """On a phone everything is in reach of a thumb, and nothing sticks out."""
    page = pages.open(
        f"{OFFERED}&tick=200", viewport={"width": 390, "height": 844}, device_scale_factor=2,
        has_touch=True, is_mobile=True)
    compared(page)
    page.tap("#play")
    wait(page, "hyoshi.position > 230")
    pages.picture(page, "replay-phone")
    page.tap("#play")
    wait(page, "!hyoshi.isPlaying")
    box = page.locator("#timeline").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 20)
    stands_at(page, 300)
    page.tap("#step-back")
    stands_at(page, 299)
    page.tap("[data-follow=none]")
    pages.picture(page, "replay-phone-everything")
    sides = value(page, """() => ["deck", "board", "place", "play", "to-end", "faster"].map((id) => {
        const { left, right, top, bottom } = document.getElementById(id).getBoundingClientRect();
        return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
    })""")
    assert all(sides), sides
    assert value(page, "document.documentElement.scrollWidth") == 390


def test_a_played_match(pages):
    """What a browser has played against a server replays, tick by tick, in a browser."""
    folder = pages.artifacts / "recordings"
    command = [
        *program(), "serve", "--port", "{port}", "--admin-port", "{admin}", "--game",
        "arena,arena-large,tag", "--web", str(MODULES), "--record", str(folder)]
    offering = pages.server
    server = Server(command, pages.artifacts / "played.log")
    pages.server = server
    try:
        server.start(WAIT_SECONDS)
        player = pages.open("?room=played&name=Ada")
        wait(player, "window.hyoshi?.connection.state === 'joined' && hyoshi.ownShip !== null")
        player.keyboard.down("ArrowUp")
        player.keyboard.down("Space")
        wait(player, "hyoshi.tick > 150")
        player.keyboard.up("ArrowUp")
        # The same rules under another name: the arena's module plays both.
        crowd = pages.open("?room=crowd&game=arena-large&name=Zoe")
        wait(crowd, "window.hyoshi?.connection.state === 'joined' && hyoshi.ownShip !== null")
        tagger = pages.open("debug?room=tagged&game=tag")
        wait(tagger, "window.hyoshi?.seat === 0 && hyoshi.counts.snapshots > 30")
        tagger.keyboard.down("KeyD")
        wait(tagger, "hyoshi.counts.snapshots > 60")
        for page in (player, crowd, tagger):
            page.goto("about:blank")
    finally:
        server.end(signal.SIGTERM)
        pages.server = offering
    for game, name in (("arena", "played"), ("arena-large", "crowd"), ("tag", "tagged")):
        files = [path for path in folder.rglob("*.hyoshi") if name in path.name]
        assert len(files) == 1, list(folder.rglob("*"))
        page = pages.open("replay")
        choose(page, files[0].name, files[0].read_bytes())
        compared(page)
        assert value(page, "hyoshi.recording.game") == game
        assert value(page, "hyoshi.recording.ending") == "complete"
        assert value(page, "hyoshi.firstDifferentTick") is None
        assert value(page, "hyoshi.comparedTick === hyoshi.recording.ticks")
        assert value(page, "hyoshi.marks.some(({ type }) => type === 'joined')")
        page.keyboard.press("Space")
        value(page, "hyoshi.measureSeek(Math.round(hyoshi.recording.ticks / 2))")
        wait(page, "!hyoshi.isWaiting && document.querySelectorAll('#board .row').length === 1")
        assert picture_facts(page)["bright"] > 20
        pages.picture(page, f"replay-{game}")


def test_no_complaints(pages):
    """No page has written an error or thrown an exception."""
    # The file and the module that are missing are missing on purpose.
    complaints = [text for text in pages.complaints if "404" not in text]
    assert not complaints, complaints


TESTS = [
    test_plays, test_scrubs, test_follows, test_files, test_other_rules, test_on_phone,
    test_a_played_match, test_no_complaints,
]


if __name__ == "__main__":
    given = options("Plays recordings in Chromium.", "browser-replay").parse_args()
    # `swift run` may have to build first.
    main(TESTS, given,
         [*program(), "replay", str(RECORDING), "--serve", "{port}", "--web", str(MODULES)],
         30 * WAIT_SECONDS)
