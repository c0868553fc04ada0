"""A bot for the arena in Python: it turns to the nearest ship, chases it, and shoots.

    Simulator --virtual --policy "run:python3 Clients/python/chaser_bot.py" --against novice
"""
import json
import math
import sys

hello = json.loads(sys.stdin.readline())
ship = next(at for at, kind in enumerate(hello["kinds"]) if kind["name"] == "ship")
names = ["id"] + [field["name"] for field in hello["kinds"][ship]["fields"]]
size = hello["kinds"][ship]["fields"][names.index("x") - 1]["maximum"] + 1  # of the torus
print(json.dumps({"name": "chaser"}), flush=True)


def way(start, end):  # the short way around the torus
    return (end - start + size // 2) % size - size // 2


def decide(view, ships):
    own = next((each for each in ships if each["owner"] == view["seat"] and each["health"]), None)
    others = [each for each in ships if each["owner"] != view["seat"] and each["health"]]
    if own is None or not others:
        return [0, 0]
    x, y = min(((way(own["x"], each["x"]), way(own["y"], each["y"])) for each in others),
               key=lambda place: math.hypot(*place))
    turn = (round(math.atan2(y, x) / math.tau * 256) - own["heading"] + 128) % 256 - 128
    steer = 4 if turn > 3 else 2 if turn < -3 else 0  # right, left
    if abs(turn) < 20 and math.hypot(x, y) > 300 * 256:
        steer += 1  # thrust
    return [steer, 1 if abs(turn) < 6 else 0]


for line in sys.stdin:
    step = json.loads(line)
    worlds = [[dict(zip(names, row)) for row in world[ship]] for world in step["worlds"]]
    inputs = [decide(view, worlds[view["world"]]) for view in step["views"]]
    print(json.dumps({"inputs": inputs}), flush=True)
