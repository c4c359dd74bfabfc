"""English wording of sums, orders, units and days. {a} {b} numbers, {l} a list, {d} a day."""

BARE = {
    "add": ["What is {a} + {b}?", "Calculate {a} + {b}.", "{a}+{b}", "{a} + {b} = ?", "Work out {a}+{b}.", "How much is {a} + {b}?",
            "Add {a} and {b}.", "What is the sum of {a} and {b}?", "Find {a} plus {b}.", "{a} plus {b} is what?",
            "Please add {b} to {a}.", "Give the total of {a} and {b}."],
    "sub": ["What is {a} - {b}?", "Calculate {a} - {b}.", "{a}-{b}", "{a} - {b} = ?", "Work out {a}-{b}.", "How much is {a} - {b}?",
            "Subtract {b} from {a}.", "Take {b} away from {a}.", "Find {a} minus {b}.", "{a} minus {b} is what?",
            "What is the difference between {a} and {b}?", "How much is {a} less {b}?"],
    "mul": ["What is {a} × {b}?", "Calculate {a} × {b}.", "{a}×{b}", "{a} * {b} = ?", "Work out {a}*{b}.", "How much is {a} × {b}?",
            "Multiply {a} by {b}.", "What is the product of {a} and {b}?", "Find {a} times {b}.", "{a} times {b} is what?"],
    "div": ["What is {a} ÷ {b}?", "Calculate {a} ÷ {b}.", "{a}÷{b}", "{a} / {b} = ?", "Work out {a}/{b}.", "How much is {a} ÷ {b}?",
            "Divide {a} by {b}.", "Find {a} divided by {b}.", "{a} divided by {b} is what?"],
}

PLAN = {"add": "We add {x} and {y}.", "sub": "We subtract {y} from {x}.",
        "mul": "We multiply {x} by {y}.", "div": "We divide {x} by {y}."}
COMPARE = {"large": ["Which is larger, {a} or {b}?", "Which number is bigger: {a} or {b}?", "Find the greater of {a} and {b}.",
                     "Of {a} and {b}, which is more?", "Tell me the larger number: {a}, {b}."],
           "small": ["Which is smaller, {a} or {b}?", "Which number is less: {a} or {b}?", "Find the smaller of {a} and {b}.",
                     "Of {a} and {b}, which is less?", "Tell me the smaller number: {a}, {b}."]}
ORDER = {"up": ["Sort from smallest to largest: {l}.", "Put in increasing order: {l}.", "Order these from least to greatest: {l}.",
                "Arrange {l} from small to large.", "Write {l} in ascending order."],
         "down": ["Sort from largest to smallest: {l}.", "Put in decreasing order: {l}.", "Order these from greatest to least: {l}.",
                  "Arrange {l} from large to small.", "Write {l} in descending order."]}
PICK = {"small": "Smallest of {l}", "large": "Largest of {l}"}
COMMA = ", "

# larger unit, smaller unit (singular and plural), how many
UNITS = [("kilometre", "kilometres", "metres", 1000), ("metre", "metres", "centimetres", 100),
         ("centimetre", "centimetres", "millimetres", 10), ("kilogram", "kilograms", "grams", 1000),
         ("litre", "litres", "millilitres", 1000), ("tonne", "tonnes", "kilograms", 1000),
         ("hour", "hours", "minutes", 60), ("minute", "minutes", "seconds", 60), ("day", "days", "hours", 24),
         ("week", "weeks", "days", 7), ("year", "years", "months", 12)]
CONVERT = ["How many {to} are there in {a} {unit}?", "Convert {a} {unit} to {to}.", "{a} {unit} is how many {to}?",
           "Change {a} {unit} into {to}.", "What is {a} {unit} in {to}?", "Express {a} {unit} in {to}."]
UNIT_FACT = "1 {one} = {k} {many}"

DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
DAY_ASK = {"after": ["Today is {d}. What day is it in {a} days?", "If today is {d}, what day comes {a} days later?",
                     "What day is {a} days after {d}?", "It is {d}. Which day will it be after {a} days?"],
           "before": ["Today is {d}. What day was it {a} days ago?", "If today is {d}, what day was {a} days earlier?",
                      "What day is {a} days before {d}?", "It is {d}. Which day was it {a} days ago?"]}

REFUSE_ANSWER = "I can only solve short problems with numbers, units and days of the week."
NOT_TOLD = "A number is not told."
ASKED_NOT_TOLD = "What is asked is not told."
NOT_TOLD_ANSWER = "I cannot tell: the question does not say enough."
ANSWER = "The answer is {x}."
