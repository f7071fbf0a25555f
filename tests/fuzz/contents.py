#!/usr/bin/env python3
"""Writes an input of fuzz_contents: contents.py FILE CHANGE ..., where a change is one of
  PLACE=VALUE[@INDEX]      a value, of a list, a grid or a table the one of that index
  PLACE=VALUE*LENGTH       a list of so many equal values
  PLACE#SIDE,HIDDEN,CLASSES[!]   another network of the run that the place is of; !: with its image side
A VALUE with a point, nan or inf is real."""
import re
import struct
import sys
import zlib


def change(text):
    place, kind, rest = re.fullmatch(r"([^=#]+)([=#])(.*)", text).groups()
    index = what = 0
    if kind == "#":
        side, hidden, classes = (int(number) for number in rest.rstrip("!").split(","))
        what, value = 2, classes - 1
        index = (side - 1) + 8 * (hidden - 1) + (1024 if rest.endswith("!") else 0)
    else:
        value, sign, number = re.fullmatch(r"([^@*]+)([@*]?)(\d*)", rest).groups()
        what, index = int(sign == "*"), int(number or 0)
    real = isinstance(value, str) and re.search(r"[.a-z]", value)
    packed = struct.pack("<d", float(value)) if real else struct.pack("<q", int(value))
    return struct.pack("<IBB", zlib.crc32(place.encode()), what, 128) + packed + struct.pack("<H", index)


with open(sys.argv[1], "wb") as file:
    file.write(b"".join(change(text) for text in sys.argv[2:]))
