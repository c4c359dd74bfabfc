"""Questions in English that are outside what the drop does, by the reason. {n} {m} {k} are numbers, {o} things, {N} a name."""
from grammar import lines

OUTSIDE = {
    "fractions": lines("""
        What is [half|a third|a quarter|two thirds|three quarters|one fifth|{f}] of {n}.
        {N} ate {f} of [a cake|the pizza|the {o}|a pie]. [How much is left|What part is left|How much remains].
        {N} has {n} {o} and gives away [half|a third|a quarter|{f}] of them. How many [are left|does {he} have left].
        {f} of the {n} {o} are red. How many [{o}|] are [red|not red].
        What is {f} + {f}.
        [Add|Multiply|Subtract|Compare] {f} and {f}.
        {N} walked {f} of a mile and then {f} of a mile. How far did {he} walk.
        A recipe needs {f} cup of sugar. How much is needed for {n} cakes.
        [Half|A quarter|A third|One half|Two thirds] of {n} {o} are sold. How many remain.
        Which is larger, {f} or {f}.
        Simplify {f}. | Write {f} as a decimal.
        {N} spends {f} of {his} {n} dollars. How much is left.
        There are {n} {o}. [Half|A third|{f}] of them [are broken|fly away|are blue|belong to {N}]. How many [is that|are left|are those].
        {N} has half as many {o} as a friend who has {n}. How many does {N} have.
        {n} {o} are {f} of all {o}. How many are there in all.
    """),
    "percent": lines("""
        What is {n}[%| percent| %] of {m}.
        A {s} costs {m} dollars and is {n}[%| percent] off. What [is the new price|does it cost now].
        {N} got {n}[%| percent] of {m} [questions|points] right. How many [is that|did {he} get].
        {n}[%| percent] of the {m} {o} are [red|broken|sold|new]. How many [are not|is that|are they].
        The price of {m} dollars rises by {n}[%| percent]. What is [it now|the new price].
        What percent of {m} is {n}.
        How much [is the tip|tax is it] at {n}[%| percent] on {m} dollars.
        {N} puts {m} dollars in a bank at {n}[%| percent] interest. How much is there after {k} years.
        Increase {m} by {n}[%| percent].
        The shop gives a discount of {n}[%| percent] on {o} for {m} dollars. How much does {N} pay.
        {n} of {m} {o} are gone. What percentage is [that|left].
    """),
    "shapes": lines("""
        What is the [area|perimeter] of a [square|rectangle|triangle|garden|field|room] [with sides of|with sides] {n} and {m} [cm|m|].
        What is the [area|perimeter|surface] of a [square|cube] with a side of {n} [cm|m|inches].
        A [garden|field|room|rectangle|pool|park] is {n} [m|meters|feet] long and {m} [m|meters|feet] wide. What is [its area|its perimeter|the area].
        How [much|many meters of] fence [is needed|does {N} need] [around|for] a [garden|field] of {n} by {m} meters.
        What is the [circumference|area|diameter] of a circle with [radius|a radius of|a diameter of] {n} [cm|m|].
        What is the volume of a [box|cube|tank|ball|cylinder] of {n} [by {m} by {k}|cm|with height {m}].
        How many degrees [has|are in] [a triangle|a circle|a right angle|the third angle if two are {n} and {m}].
        The perimeter of a square is {n}. [How long is one side|What is its area].
        Find the [hypotenuse|third side] of a triangle with sides {n} and {m}.
        How many [sides|corners|faces|edges] does a [pentagon|hexagon|cube|pyramid|prism] have.
        How much [paint|carpet|water] is needed for a [wall|room|pool] of {n} [m|meters] by {m} [m|meters].
    """),
    "ratios": lines("""
        The ratio of [boys to girls|{o} to {p}|red to blue {o}] is {k} [to|:] {j}. There are {n} [boys|girls|{o}]. How many [girls|{p}|blue {o}] are there.
        {N} mixes [paint|juice|sand|flour] [in the ratio|at a ratio of] {k}:{j}. How much [is needed|of the other] for {n} [liters|cups|kg].
        Divide {n} in the ratio {k}:{j}.
        For every {k} {o} there are {j} {p}. There are {n} {o}. How many {p} are there.
        {k} workers need {n} days. How long do {j} workers need.
        A map has a scale of 1:{m}. How long is {n} cm in reality.
        Simplify the ratio {n}:{m}.
    """),
    "averages": lines("""
        What is the [average|mean|median|mode] of {n}, {m} and {k}.
        {N} scored {n}, {m} and {k} [points|]. What is [{his} average|the average|the mean score].
        The average [age|weight|height] of {k} {folk} is {n}. [How old is the oldest|What is the sum|A new one comes. What is the average now].
        Find the [mean|median|average] of {n} {m} {k} {j}.
        How many {o} did {N} {do} on average [per day|each day] if {he} did {n} on Monday and {m} on Tuesday.
        What is {N}'s average speed if {he} drives {n} km in {k} hours and {m} km in {j} hours.
        What is the probability [of a six|of two heads|that {N} draws a red ball from {n} balls, {k} of them red].
        How likely is it that [it rains|{N} wins|two dice show {k}].
        In how many ways can {k} {folk} [sit|stand in a row|be chosen from {n}].
    """),
    "algebra": lines("""
        Solve [x + {n} = {m}|{k}x = {n}|{k}x + {n} = {m}|x - {n} = {m}|x² = {n}|2x + y = {n}].
        What is x if [x + {n} = {m}|{k}x = {n}|x/{k} = {n}].
        What is the [square root|cube root|square|cube|logarithm|factorial] of {n}.
        What is {k} [to the power of|raised to|^] {j}.
        What is [√{n}|{n}²|{k}³|{n}!|sin {n}|log {n}].
        Is {n} [a prime number|prime|even or odd|divisible by {k}].
        What are the [prime factors|divisors|factors] of {n}.
        Find the [least common multiple|greatest common divisor|lcm|gcd] of {n} and {m}.
        What comes next: {k}, {j}, {n}, {m}.
        What is {n}.{k} [+|-|×] {m}.{j}.
        Round {n}.{k} to the nearest whole number.
        What is -{n} [+|-] {m}.
        What is {k} [-|minus] {n}00.
        The sum of two numbers is {n} and their difference is {k}. What are [they|the numbers].
        The product of two numbers is {n}. What are they.
        {N} has {n} [coins|{o}], dimes and nickels, worth {m} cents. How many are dimes.
        What is {n} in [binary|Roman numerals|words].
        The temperature was {k} degrees and fell by {n} degrees. What is it now.
        It is {k} o'clock. What time is it in {n} minutes.
        A film starts at {k}:{n} and ends at {j}:{m}. How long is it.
    """),
    "unknown": lines("""
        {N} has {n} {o}. How many {p} does {N} have.
        {N} has {n} {o} and {M} has some. How many do they have together.
        {N} is [taller|faster|heavier|richer|stronger] than {M}. {N} is {n}. [How tall|How fast|How strong] is {M}.
        {N} shares {n} {o} with [some|{his}] friends. How many does each get.
        {N} has some {o} and [gives away|eats|loses|finds|buys] {n}. How many does {he} have [now|left].
        There are [some|many] {o} in {n} {boxes}. How many {o} are there [in all|].
        Every {box} has {n} {o}. How many {o} are there [altogether|].
        {N} lost a few of {his} {n} {o}. How many are left.
        {N} {blorp} {n} of {his} {o}. {M} {blorp} {m}. How many {blorp2}.
        The {s} is more expensive than the {s2}. The {s2} costs {n} dollars. What does the {s} cost.
        {N} earns {n} dollars an hour. How much does {he} earn.
        {N} reads {n} pages a day. How [long does the book take|many pages has the book|many days does {he} need].
        A train goes {n} km an hour. How far [does it go|is it].
        How much do {n} {o} cost.
        {N} has more {o} than {M}. {M} has {n}. How many does {N} have.
        {N} needs more {o}. {he} has {n}. How many more does {he} need.
        {N} had {n} dollars and bought [a {s}|some {o}]. How much [is left|money is left].
        How many {o} [are there|are left|does {N} have].
        {n} {o}.
        {N} paid with a {n} dollar bill. How much change did {he} get.
        {N} and {M} have {n} {o} together. How many does {N} have.
        {n} {o} are packed in boxes. How many boxes are needed.
        {N} cuts a rope of {n} m into pieces. How [long is each|many pieces are there].
        A {s} weighs more than {n} kg. How much does it weigh.
    """),
    "general": lines("""
        Tell me about {t}. | What do you think [of|about] {t}. | Who invented {t}. | Explain {t} to me. | What is {t}.
        Write [a poem|a story|a song|a letter|an email|an essay|a speech|code|a program|a slogan] [about|for] [{t}|my mom|a friend|my class].
        [Translate|How do you say] [{t}|good morning|thank you] [into|in] [French|Spanish|German|Arabic|Chinese].
        [What is|What's|Name] the capital of [Italy|France|Egypt|Japan|Peru|Canada|Kenya|Spain].
        [Who|What] [is|was] [the president|the king of Spain|the tallest man|Einstein|Shakespeare|the first man on the moon|the biggest country].
        Who [wrote|painted|discovered|won] [Hamlet|the Mona Lisa|America|the game|the election|this book|the race] [in {y}|].
        [How far|How long] is it from [London|Cairo|Paris|here|the earth|Oslo] to [Madrid|the moon|New York|the sun|Dubai|Lima].
        [Why|How] [is grass green|do birds fly|do fish breathe|does a phone work|is the sea salty|do we sleep|do plants grow|do planes fly].
        [Hello|Hi|Hey|Good morning|Good evening][|!|, how are you|, what's up| there].
        [Who are you|What is your name|How old are you|Where do you live|Are you a robot|Who made you|What can you do].
        [Can you|Could you|Please] [help me with my essay|tell me a joke|sing a song|draw a cat|book a flight|recommend a film|play music|call my mom].
        [What should I|What can I] [eat|cook|wear|watch|read|do] [tonight|today|tomorrow|on Sunday].
        [What's|What is|Give me|I need] a good [idea|gift|title|slogan|plan] for [my cat|a baby|my sister|a story|a party|the holidays].
        [Is it going to rain|Will it snow|What's the weather like|How warm is it] [today|tomorrow|in Paris].
        [What time is it|What day is it|What's the date today|When is Easter|When does school start].
        [How do I|How can I] [lose weight|learn English|cook rice|tie a tie|fix a bike|make friends|become rich|learn guitar|sleep better].
        [Recommend|Suggest] [a book|a film|a recipe|a restaurant|a song] [about {t}|for me|].
        What is the meaning of [life|the word {t}|love|this].
        How many [people live in {c}|bones does a human have|planets are there|countries are there|stars are in the sky|languages are there].
        How [tall is Mount Everest|deep is the ocean|old is the earth|fast is light|heavy is an elephant|big is {c}|far is the moon].
        [I am|I'm|I feel] [sad|bored|happy|tired|hungry|in love|angry]. | [Thanks|Thank you][| very much]. | [Goodbye|Bye|See you].
        Which is better, {t} or {t}. | Do you [like|love|know] {t}. | Describe {t} in one sentence. | List {k} facts about {t}.
        Summarize [this text|the news|the book|{t}]. | Correct my [grammar|spelling|text]. | What rhymes with {t}.
        [What is the difference between|Compare] {t} and {t}. | Where can I [find|buy|see|learn] {t}. | Who is {N}. | Where is {c}.
    """),
}
REASONS = {"fractions": "This asks about fractions.", "percent": "This asks about percentages.", "shapes": "This asks about shapes.",
           "ratios": "This asks about ratios.", "averages": "This asks about averages or chances.", "algebra": "This asks about other mathematics.",
           "unknown": "A number is not told.", "general": "This is not a problem with numbers, units or days."}
TOPICS = """music|love|the moon|Paris|football|cats|history|the weather|politics|the ocean|cooking|bread|dogs|philosophy|the sun|computers|the news|
    travel|poetry|trees|films|Egypt|coffee|dreams|rivers|science|gardens|the stars|birds|painting|London|rain|a king|cars|war|peace|dinosaurs|
    the internet|a website|chess|biology|mountains|fashion|medicine|law|tea|a lion|robots|winter|gravity|democracy|Python|Shakespeare|volcanoes|
    the brain|electricity|art|happiness|time|China|elephants|sleep|friendship|pizza|photosynthesis|the Romans|tennis|black holes|inflation"""
TOPICS = [" ".join(topic.split()) for topic in TOPICS.split("|")]
CITIES = "Berlin|London|Cairo|Paris|Tokyo|Brazil|India|Rome|Beirut|Tunis|Canada|Mexico|Riyadh|Oslo".split("|")
