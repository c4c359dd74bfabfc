"""What numbers can have to do with each other in a story, and how a thought says so before it computes.

A relation names the part each number plays and what is asked, then says which operation answers it:

    start 100, loses 37, end?          100-037 ...
    loses 4, end 9, start?             9+4 ...
"""
import arithmetic


def _divide(a, b):
    return arithmetic.divide(a, b)


def _rest(a, b):
    lines, (_, rest) = arithmetic.divide_with_rest(a, b)
    return lines + [f"={rest}"], rest


def _full(a, b):
    lines, (quotient, _) = arithmetic.divide_with_rest(a, b)
    return lines + [f"={quotient}"], quotient


def _round_up(a, b):
    lines, (quotient, _) = arithmetic.divide_with_rest(a, b)
    return lines + [f"{quotient}+1={quotient + 1}", f"={quotient + 1}"], quotient + 1


def _product(a, b):
    # the longer factor is walked, the shorter one stays
    return arithmetic.multiply(max(a, b), min(a, b))


# relation: (operation, which of the two given numbers comes first in it)
RELATIONS = {
    "end after gain": (arithmetic.add, "xy"), "end after loss": (arithmetic.subtract, "xy"),
    "start before gain": (arithmetic.subtract, "yx"), "start before loss": (arithmetic.add, "yx"),
    "gain": (arithmetic.subtract, "yx"), "loss": (arithmetic.subtract, "xy"),
    "whole": (arithmetic.add, "xy"), "part": (arithmetic.subtract, "xy"),
    "difference": (arithmetic.subtract, "xy"), "larger": (arithmetic.add, "xy"), "smaller": (arithmetic.subtract, "xy"),
    "multiple": (_product, "xy"), "once": (_divide, "xy"),
    "total": (_product, "xy"), "each": (_divide, "xy"), "groups": (_divide, "xy"),
    "rest": (_rest, "xy"), "full groups": (_full, "xy"), "groups for all": (_round_up, "xy"),
    "missing": (arithmetic.subtract, "xy"),
}

ENGLISH = {
    "end after gain": "start {x}, gains {y}, end?", "end after loss": "start {x}, loses {y}, end?",
    "start before gain": "gains {x}, end {y}, start?", "start before loss": "loses {x}, end {y}, start?",
    "gain": "start {x}, end {y}, gained?", "loss": "start {x}, end {y}, lost?",
    "whole": "parts {x} and {y}, whole?", "part": "whole {x}, part {y}, other part?",
    "difference": "larger {x}, smaller {y}, difference?", "larger": "smaller {x}, difference {y}, larger?",
    "smaller": "larger {x}, difference {y}, smaller?",
    "multiple": "once {x}, times {y}, multiple?", "once": "multiple {x}, times {y}, once?",
    "total": "groups {x}, each {y}, total?", "each": "total {x}, groups {y}, each?", "groups": "total {x}, each {y}, groups?",
    "rest": "total {x}, each {y}, left over?", "full groups": "total {x}, each {y}, full groups?",
    "groups for all": "total {x}, each {y}, groups for all?", "missing": "goal {x}, has {y}, missing?",
}

ARABIC = {
    "end after gain": "البداية {x}، زاد {y}، النهاية؟", "end after loss": "البداية {x}، نقص {y}، النهاية؟",
    "start before gain": "زاد {x}، النهاية {y}، البداية؟", "start before loss": "نقص {x}، النهاية {y}، البداية؟",
    "gain": "البداية {x}، النهاية {y}، زاد؟", "loss": "البداية {x}، النهاية {y}، نقص؟",
    "whole": "جزءان {x} و {y}، الكل؟", "part": "الكل {x}، جزء {y}، الجزء الآخر؟",
    "difference": "الأكبر {x}، الأصغر {y}، الفرق؟", "larger": "الأصغر {x}، الفرق {y}، الأكبر؟",
    "smaller": "الأكبر {x}، الفرق {y}، الأصغر؟",
    "multiple": "الواحد {x}، المرات {y}، المضاعف؟", "once": "المضاعف {x}، المرات {y}، الواحد؟",
    "total": "المجموعات {x}، كل منها {y}، المجموع؟", "each": "المجموع {x}، المجموعات {y}، كل منها؟",
    "groups": "المجموع {x}، كل منها {y}، المجموعات؟",
    "rest": "المجموع {x}، كل منها {y}، الفائض؟", "full groups": "المجموع {x}، كل منها {y}، المجموعات الكاملة؟",
    "groups for all": "المجموع {x}، كل منها {y}، المجموعات للجميع؟", "missing": "المطلوب {x}، الموجود {y}، الناقص؟",
}
LINES = {"en": ENGLISH, "ar": ARABIC}


def state(relation, lang, x, y):
    """The line of a thought that names the numbers; a number that is not told is "?"."""
    return LINES[lang][relation].format(x="?" if x is None else x, y="?" if y is None else y)


def solve(relation, x, y):
    """(lines, result), or None where the numbers do not fit the relation."""
    operation, order = RELATIONS[relation]
    a, b = (x, y) if order == "xy" else (y, x)
    if operation is arithmetic.subtract:
        return arithmetic.subtract(a, b) if a > b else None
    if operation is arithmetic.add:
        return arithmetic.add(a, b) if a + b < 20_000 else None
    if operation is _product:
        return _product(a, b) if min(a, b) < 100 and a * b < 100_000 else None
    if not 2 <= b < 100 or a < b:
        return None
    exact = a % b == 0
    if (operation is _divide) != exact:
        return None
    return operation(a, b)
