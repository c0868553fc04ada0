"""Wire transcripts as fixtures: what `--record-transcripts` wrote, named by case and compressed.

A recording is a run of transcripts:

    connection 7 server plain          number of the connection, our role, plain or deflate
    in 17                              one read, 17 bytes, and a line feed
    <17 bytes>
    out 11                             one write
    <11 bytes>
    end

A fixture is the same with `case 1.1.1` in place of the `connection` line, in the order of the
suite, as raw deflate (RFC 1951, window 15). Only connections without compression are in it.
"""

import re
import zlib

CONNECTION = re.compile(rb"connection (\d+) (server|client) (plain|deflate)\n")


def read(path):
    """The transcripts of a recording by connection number: (role, isPlain, bytes of its pieces)."""
    with open(path, "rb") as file:
        data = file.read()
    transcripts = {}
    offset = 0
    while offset < len(data):
        head = CONNECTION.match(data, offset)
        if not head:
            raise ValueError("no transcript at byte %d of %s" % (offset, path))
        start = offset = head.end()
        while not data.startswith(b"end\n", offset):
            line_end = data.index(b"\n", offset)
            offset = line_end + 1 + int(data[offset:line_end].split()[1]) + 1
        transcripts[int(head.group(1))] = (
            head.group(2).decode(), head.group(3) == b"plain", data[start:offset])
        offset += len(b"end\n")
    return transcripts


def write_fixture(recording, cases, is_wanted, path):
    """Writes the fixture of the wanted cases; returns how many there are, and its size.

    `cases` are all cases in the order in which they were run, each over one connection.
    """
    transcripts = read(recording)
    if transcripts and max(transcripts) > len(cases):
        raise ValueError("%s has more connections than cases were run" % recording)
    output = []
    for number, case in enumerate(cases, 1):
        if not is_wanted(case):
            continue
        if number not in transcripts or not transcripts[number][1]:
            raise ValueError("%s has no plain transcript of case %s" % (recording, case))
        output.append(b"case %s\n%send\n" % (case.encode(), transcripts[number][2]))
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    data = compressor.compress(b"".join(output)) + compressor.flush()
    with open(path, "wb") as file:
        file.write(data)
    return len(output), len(data)
