"""Column arithmetic as text: the steps a thought shows, and the check that they are right.

Every function returns (lines, result). Digits are worked from the right, one column a line, and
a column states everything it uses: both digits, the carry, the sum. The result is put together at the end:

    345+078          345-078           34×7            84÷6
    5+8+0=13         5-8-0+10=7        4×7+0=28        8÷6=1r2
    4+7+1=12         4-7-1+10=6        3×7+2=23        24÷6=4r0
    3+0+1=4          3-0-1=2           =238            =14
    =423             =267
"""
import re


def add(a, b):
    width = max(len(str(a)), len(str(b)))
    top, bottom = str(a).zfill(width), str(b).zfill(width)
    lines, digits, carry = [f"{top}+{bottom}"], "", 0
    for x, y in zip(reversed(top), reversed(bottom)):
        column = int(x) + int(y) + carry
        lines.append(f"{x}+{y}+{carry}={column}")
        carry, digit = divmod(column, 10)
        digits = str(digit) + digits
    result = int((str(carry) if carry else "") + digits)
    return lines + [f"={result}"], result


def subtract(a, b):
    assert a >= b
    width = len(str(a))
    top, bottom = str(a), str(b).zfill(width)
    lines, digits, borrow = [f"{top}-{bottom}"], "", 0
    for x, y in zip(reversed(top), reversed(bottom)):
        column = int(x) - int(y) - borrow
        lines.append(f"{x}-{y}-{borrow}" + ("+10" if column < 0 else "") + f"={column % 10}")
        borrow = int(column < 0)
        digits = str(column % 10) + digits
    result = int(digits)
    return lines + [f"={result}"], result


def _times_digit(a, digit, zeros):
    lines, digits, carry = [f"{a}×{digit}{'0' * zeros}"], "", 0
    for x in reversed(str(a)):
        column = int(x) * digit + carry
        lines.append(f"{x}×{digit}+{carry}={column}")
        carry, rest = divmod(column, 10)
        digits = str(rest) + digits
    result = int((str(carry) if carry else "") + digits + "0" * zeros)
    return lines + [f"={result}"], result


def multiply(a, b):
    """a times b, b below 100: one row for each digit of b that is not zero, then the sum of the rows."""
    tens, units = divmod(b, 10)
    rows = [(digit, zeros) for digit, zeros in ((units, 0), (tens, 1)) if digit]
    lines, results = ([f"{a}×{b}"] if len(rows) > 1 else []), []
    for digit, zeros in rows:
        row, result = _times_digit(a, digit, zeros)
        lines += row
        results.append(result)
    if len(results) == 1:
        return lines, results[0]
    total, result = add(*results)
    return lines + total, result


def divide_with_rest(a, b):
    """a by b, below 100, from the left: the lines end in the quotient and the remainder, =4r3"""
    assert 0 < b < 100
    lines, digits, rest = [f"{a}÷{b}"], "", 0
    for x in str(a):
        part = rest * 10 + int(x)
        quotient, rest = divmod(part, b)
        lines.append(f"{part}÷{b}={quotient}r{rest}")
        digits += str(quotient)
    return lines + [f"={int(digits)}r{rest}"], (int(digits), rest)


def divide(a, b):
    """a by b without a remainder at the end"""
    assert a % b == 0
    lines, (quotient, _) = divide_with_rest(a, b)
    return lines[:-1] + [f"={quotient}"], quotient


def _compare(a, b):
    """The digits of two texts of one length, from the left to the first difference: 0=0 3=3 8>7"""
    steps = []
    for x, y in zip(a, b):
        steps.append(f"{x}{'=' if x == y else '<' if x < y else '>'}{y}")
        if x != y:
            break
    return " ".join(steps)


def same_width(numbers):
    """As texts, with zeros in front of the shorter ones."""
    width = len(str(max(numbers)))
    return [str(n).zfill(width) for n in numbers]


def choose(numbers, side):
    """The "small"est or "large"st of different numbers, given as texts of one width: the best so far against the next,
    digit by digit from the left to the first difference.

        038 037: 0=0 3=3 8>7 037
        037 019: 0=0 3>1 019
    """
    best, *others = numbers
    lines = []
    for other in others:
        winner = (min if side == "small" else max)(best, other)
        lines.append(f"{best} {other}: {_compare(best, other)} {winner}")
        best = winner
    return lines, best


def steps_are_right(thought):
    """Whether every equation in a thought holds, whoever wrote it."""
    for line in thought.splitlines():
        if found := re.fullmatch(r"(\d+)÷(\d+)=(\d+)r(\d+)", line):
            part, by, quotient, rest = map(int, found.groups())
            if by == 0 or part != by * quotient + rest or rest >= by:
                return False
        elif found := re.fullmatch(r"(\d+)÷(\d+)=(\d+)", line):
            part, by, quotient = map(int, found.groups())
            if part != by * quotient:
                return False
        elif found := re.fullmatch(r"(\d+(?:[+\-×]\d+)+)=(\d+)", line):
            terms = re.sub(r"\b0+(\d)", r"\1", found[1].replace("×", "*"))
            if eval(terms) != int(found[2]):
                return False
        elif found := re.fullmatch(r"(\d+) (\d+): (.*) (\d+)", line):
            a, b, steps, winner = found.groups()
            if len(a) != len(b) or steps != _compare(a, b) or winner not in (a, b):
                return False
    return True
