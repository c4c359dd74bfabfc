"""English wording of the questions. {n} {m} names, {p} pronoun, {o} things, {a} {b} {c} numbers."""

NAMES = [(name, "she") for name in """Sara Emma Olivia Maya Lily Anna Nora Zoe Ella Grace Chloe Ruby Alice Julia Hannah
    Laila Mona Dana Rania Salma Kate Lucy Eva Mia""".split()] + [(name, "he") for name in """Omar Adam Liam Noah
    Jack Leo Ben Sam Tom Max Ryan Paul Karim Yusuf Ali Tariq Sami Rami Hugo Oscar Felix Luke Mark Peter""".split()]
HELD_NAMES = [("Clara", "she"), ("Ines", "she"), ("Huda", "she"), ("Walid", "he"), ("Simon", "he"), ("Victor", "he")]

THINGS = """apples books pens marbles stickers coins eggs cards oranges flowers shells stamps cookies pencils balls
    candles stones toys cakes roses photos plates cups lemons tickets nuts buttons seeds badges kites""".split()
BOXES = [("box", "boxes"), ("bag", "bags"), ("basket", "baskets"), ("jar", "jars"), ("shelf", "shelves"),
         ("tray", "trays"), ("packet", "packets"), ("drawer", "drawers")]

HAVE = ["{n} has {a} {o}.", "{n} starts with {a} {o}.", "{n} owns {a} {o}.", "There are {a} {o} on {n}'s table.",
        "At first {n} has {a} {o}.", "{n} keeps {a} {o} in a room.", "In the morning {n} counted {a} {o}.",
        "{n} collected {a} {o}.", "{n} had {a} {o} at home."]
GAIN = ["Then {p} buys {x} more.", "{p} finds {x} more {o}.", "A friend brings {x} more {o}.",
        "{p} gets {x} {o} from {m}.", "{m} adds {x} more {o}.", "Then {p} picks up another {x}.",
        "Later {p} wins {x} {o}.", "{x} more {o} arrive in the evening.", "{p} receives {x} more as a gift."]
LOSE = ["Then {p} gives {x} to {m}.", "{p} loses {x} of them.", "{p} sells {x} {o}.", "{m} takes {x} {o} away.",
        "{p} uses up {x} of the {o}.", "{x} {o} break.", "{x} of them are thrown away.", "Then {p} gives away {x}.",
        "{p} sends {x} {o} to {m}."]
ASK_NOW = ["How many {o} does {n} have now?", "How many {o} are there now?", "How many {o} are there in the end?",
           "What is the number of {o} now?", "How many {o} does {n} have in the end?",
           "Find how many {o} there are at the end.", "How many is that now?"]
ASK_LEFT = ["How many {o} are left?", "How many {o} remain?", "How many {o} does {n} still have?"]

PAIR = ["{n} has {a} {o}. {m} has {b} {o}.", "{n} has {a} {o} and {m} has {b} {o}.",
        "{n} found {a} {o}, {m} found {b} {o}.", "There are {a} {o} with {n} and {b} {o} with {m}.",
        "{n} made {a} {o}. {m} made {b}."]
ASK_BOTH = ["How many {o} do they have together?", "How many {o} is that in total?",
            "What is the total for both of them?", "How many {o} do {n} and {m} have in all?"]
ASK_MORE = ["How many more {o} does {n} have than {m}?", "How many fewer {o} does {m} have than {n}?",
            "By how many is {n} ahead of {m}?", "What is the difference between the two?"]

GROUPS = ["There are {a} {boxes} with {b} {o} in each {box}.", "{n} has {a} {boxes}. Each {box} has {b} {o}.",
          "Every {box} holds {b} {o}. {n} has {a} {boxes}.", "{n} fills {a} {boxes} with {b} {o} each.",
          "{n} buys {a} {boxes} of {o}. In each {box} there are {b} {o}.",
          "{a} children have {b} {o} each.", "{n} gets {b} {o} every day for {a} days."]
ASK_TOTAL = ["How many {o} are there in all?", "How many {o} are there altogether?", "What is the total number of {o}?",
             "How many {o} is that?", "Find the total number of {o}."]
PRICE = ["One {thing} costs {b} coins. {n} buys {a} of them.", "{n} buys {a} {o} at {b} coins each.",
         "{o} cost {b} coins each and {n} takes {a}."]
ASK_PRICE = ["How many coins does {n} pay?", "What is the price of all of them?", "How much is that in coins?"]
PAYS = ["{n} pays with {c} coins.", "{n} has {c} coins.", "{n} hands over {c} coins."]
ASK_CHANGE = ["How many coins come back?", "How many coins are left?", "How much change is there?"]

SHARE = ["{n} shares {a} {o} equally among {b} friends.", "{a} {o} are put into {b} {boxes} equally.",
         "{n} divides {a} {o} into {b} equal parts.", "{b} children share {a} {o} equally.",
         "{n} gives out {a} {o} to {b} children, the same number to each."]
ASK_EACH = ["How many {o} are there for each?", "How many {o} does each one get?", "What is the share of each?",
            "How many {o} make one share?"]
PACK = ["{n} packs {a} {o} into {boxes} of {b}.", "{a} {o} are packed with {b} in each {box}.",
        "{n} has {a} {o} and puts {b} in every {box}."]
ASK_BOXES = ["How many {boxes} are needed?", "How many {boxes} does {n} fill?", "How many {boxes} is that?"]
THEN_SHARE = ["Then all are shared equally among {c} friends.", "Then {p} puts all of them into {c} equal {boxes}.",
              "Then {c} children share them all equally."]

# More wordings, for training alone: a held question is made of the clauses above.
WIDER = {
    "HAVE": ["{n} brought {a} {o}.", "There were {a} {o} in {n}'s house.", "{n} bought {a} {o} in a shop.", "{a} {o} belong to {n}.",
             "On Monday {n} had {a} {o}.", "{n} began the day with {a} {o}."],
    "GAIN": ["{p} collects {x} more.", "Then {m} gives {n} {x} {o}.", "After that {p} finds another {x} {o}.", "{n} makes {x} more {o}.",
             "{x} {o} are added.", "{m} sends {n} {x} more {o}.", "The next day {p} buys {x} {o}."],
    "LOSE": ["Then {x} {o} are lost.", "{p} drops {x} of them.", "{n} hands {x} {o} to {m}.", "Later {p} gives {m} {x} of the {o}.",
             "{x} {o} fall down and break.", "A friend borrows {x} {o}.", "The next day {p} sells {x}."],
    "ASK_NOW": ["How many {o} are there at the end?", "Count the {o} that {n} has now.", "So how many {o} does {n} own now?",
                "What is the number of {o} in the end?"],
    "ASK_LEFT": ["How many {o} are still there?", "What number of {o} is left?", "How many {o} stay with {n}?"],
    "PAIR": ["{n} owns {a} {o}. {m} owns {b} {o}.", "In one room {n} has {a} {o}, in another {m} has {b} {o}.",
             "{n} counted {a} {o} and {m} counted {b}.", "{a} {o} belong to {n} and {b} belong to {m}.",
             "There are {a} {o} in {n}'s house and {b} {o} in {m}'s house."],
    "ASK_BOTH": ["How many {o} do the two have in total?", "How many {o} are there together?", "Find the number of {o} of both.",
                 "Add up the {o} of {n} and {m}."],
    "ASK_MORE": ["How far ahead of {m} is {n}?", "How many {o} does {m} need to have as many as {n}?", "Find the difference.",
                 "{n} has more {o} than {m}. How many more?"],
    "GROUPS": ["{n} packs {b} {o} into each of {a} {boxes}.", "In every one of {a} {boxes} there are {b} {o}.",
               "{a} friends bring {b} {o} each.", "{n} has {a} {boxes} and puts {b} {o} in every {box}.",
               "For {a} days {n} buys {b} {o} a day.", "{n} prepares {a} {boxes}, all with {b} {o}.",
               "{a} {boxes} are packed with {b} {o} in each {box}."],
    "ASK_TOTAL": ["How many {o} are there in total?", "What is the number of all the {o}?", "How many {o} does that make?",
                  "Count all the {o}."],
    "PRICE": ["{n} orders {a} {o}. Each costs {b} coins.", "The price of one {thing} is {b} coins. {n} wants {a}.",
              "{n} pays {b} coins for each of {a} {o}."],
    "ASK_PRICE": ["How many coins is that?", "What does {n} pay in all?", "How many coins are needed?"],
    "PAYS": ["{n} gives {c} coins.", "There are {c} coins in {n}'s pocket.", "{n} starts with {c} coins."],
    "ASK_CHANGE": ["How many coins does {n} get back?", "How many coins remain?", "Find the change."],
    "SHARE": ["{a} {o} are given to {b} children, the same number to each.", "{n} splits {a} {o} into {b} equal piles.",
              "{n} puts {a} {o} into {b} {boxes}, the same number in each.", "{b} friends divide {a} {o} equally."],
    "ASK_EACH": ["How many {o} are in each part?", "Find the share of each.", "How many {o} are in each share?",
                 "How many {o} does one get?"],
    "PACK": ["{n} puts {a} {o} into {boxes}, {b} in each.", "{n} has {a} {o}. Every {box} takes {b}.",
             "{n} has {a} {o} and packs {b} in each {box}.", "{b} {o} go into one {box}. {n} has {a} {o}.",
             "{n} wants to pack {a} {o}, {b} to a {box}.", "There are {a} {o}, and {n} puts {b} in each {box}.",
             "{n} has {a} {o} to put into {boxes} of {b}.", "{n} owns {a} {o} and puts {b} of them in every {box}."],
    "ASK_BOXES": ["How many {boxes} does {n} need?", "How many {boxes} are there?", "How many {boxes} are full?",
                  "Find the number of {boxes}.", "How many {boxes} will it take?"],
    "THEN_SHARE": ["Then {p} divides them into {c} equal parts.", "Then they are given to {c} children, the same number to each.",
                   "In the end {c} friends share them equally."],
}

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
THEN = {"add": "Then we add {y}.", "sub": "Then we subtract {y}.", "div": "Then we divide by {y}.",
        "from": "Then we subtract that from {y}."}

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

REFUSE_FRAMES = ["Tell me about {t}.", "Write a poem about {t}.", "What do you think of {t}?", "Who invented {t}?", "Explain {t} to me.",
                 "Give me a recipe with {t}.", "Write a story about {t}.", "Where can I find {t}?", "Translate the word {t} into French.",
                 "Why do people like {t}?", "What is the history of {t}?", "Can you draw {t}?", "Tell me a joke about {t}.",
                 "Describe {t} in one sentence.", "Write code for {t}.", "What is the best {t}?", "Sing a song about {t}.",
                 "What is {t}?", "Do you know anything about {t}?", "Recommend a book on {t}."]
TOPICS = """music|love|the moon|Paris|football|cats|history|the weather|politics|the ocean|cooking|bread|dogs|philosophy|the sun|
    computers|the news|travel|poetry|trees|films|Egypt|coffee|dreams|rivers|science|gardens|the stars|birds|painting|London|
    rain|a king|cars|war|peace|dinosaurs|the internet|a website|chess|biology|mountains|fashion|medicine|law|the king of
    Spain|tea|a lion|robots|winter"""
TOPICS = [" ".join(topic.split()) for topic in TOPICS.split("|")]
REFUSE_PLAIN = ["Hello, how are you?", "Who are you?", "What is your name?", "Good morning!", "What is the capital of Italy?",
                "Who wrote Hamlet?", "Who is the president?", "What time is it?", "Do you love me?", "Help me with my essay.",
                "How do I lose weight?", "What should I eat tonight?", "Is it going to rain?", "Tell me a secret.",
                "Which film should I watch?", "Write me a letter.", "How old are you?", "Where do you live?"]
REFUSE_THOUGHT = "This is not a problem with numbers, units or days."
REFUSE_ANSWER = "I can only solve short problems with numbers, units and days of the week."
ANSWER = "The answer is {x}."
