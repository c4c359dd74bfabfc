"""How English tells each fact and asks each question: all lists of wordings, by name."""
from grammar import lines
from english.groups import *
from english.kinds import *
from english.measures import *
from english.money import *
from english.people import *
from english.things import *

# Said beside the point; "{i}" is a number of no use, "{other}" things that are not asked about.
ASIDE = lines("""
It [is|was] a [sunny|rainy|cold|warm|windy|hot|cloudy|snowy|beautiful|foggy] [day|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|morning|afternoon|evening].
{N} [likes|loves|is fond of|is proud of|is very careful with|looks after] {o}.
{N} [lives|works|plays] near the {scene}.
{N} is {i} years old.
{N} also has {i} {other}.
There are also {i} {other} [in the {scene}|].
The {scene} is {i} [kilometers|miles|minutes] away.
The {scene} [opens|closes] at {small} [o'clock|pm|].
{N} has [brown|green|blue|dark] eyes.
[The {o}|They|All of them] are [very|quite|really|] [nice|pretty|old|new|clean|beautiful|well made|small|big].
{N} came home at {small} o'clock.
{M} [was there too|watches|helps|has {i} {other}|came by|is happy|paid {i} dollars for {other}].
{N} [is happy|was tired|was hungry|is busy|was in a hurry|had a good day|sings a song].
It took {i} minutes.
{N} goes there every [day|week|month|Sunday].
A {other1} costs {i} dollars.
{N} [was|is] [cleaning|painting|decorating|visiting|looking around in|working in|playing in|tidying up] the {scene} [{when}|].
{N} [was|is] [planning a party|packing for a trip|getting ready for school|helping a neighbor|preparing a picnic|playing a game|cooking dinner|making presents|having a garage sale].
{N} [wants|wanted] to [surprise {M}|help {h} {folk}|be ready for winter|make everybody happy|know more about {o}|become famous].
{N} [and {M} are|and {M} were] [friends|neighbors|in the same class|on a trip|at a fair|at the {scene}].
[Every year|Once a year|This time|Like every Sunday] [there is a fair|the {scene} is full|{N} has a party|people meet at the {scene}].
{N} [bought|got|uses|prefers] [them|the {o}] [at|from] the {scene}.
The [school|club|town|team|family] [had|has] a [party|sale|picnic|trip|contest|meeting] [{when}|].
{N} has a [dog|cat|brother|sister|garden|bike] [named|called] [Max|Luna|Coco|Rex|Pip|Bo].
The bus number was {i}.
Everyone [laughed|was happy|went outside|had fun].
{N} wears a [red|blue|green|white] [hat|coat|shirt].
{i} {other} [were there too|are outside|fly by|can be seen].
{N} saw {i} {other} [on the way|in the {scene}|].
The {scene} [is big|was quiet|is full of people|is very old|has {i} windows].
""")
WHEN = """yesterday|today|on Monday|on Tuesday|on Wednesday|on Thursday|on Friday|on Saturday|on Sunday|in the morning|in the afternoon|in the evening|
    last week|this week|last month|at noon|before lunch|after lunch|last year|this year|before dinner|in the first hour|at night|after school|
    during the holidays|in spring|in summer|in May|in June|the day before|this morning|last night|at the weekend|in the first week|in winter"""
WHEN = [" ".join(w.split()) for w in WHEN.split("|")]
# when, and a later time
WHENS = [("yesterday", "today"), ("on Monday", "on Tuesday"), ("on Saturday", "on Sunday"), ("in the morning", "in the afternoon"),
         ("in the morning", "in the evening"), ("last week", "this week"), ("last month", "this month"), ("before lunch", "after lunch"),
         ("in May", "in June"), ("last year", "this year"), ("on Friday", "on Saturday"), ("in the first hour", "in the second hour"),
         ("on the first day", "on the second day"), ("in the first half", "in the second half"), ("in the first week", "in the second week"),
         ("in summer", "in winter"), ("before school", "after school"), ("on the way there", "on the way back"), ("in January", "in February")]
TIMES = {2: ["twice", "two times", "double", "2 times"], 3: ["three times", "3 times", "triple", "thrice"]}
# At the end of a fact, and in front of a question; they change nothing.
ADJUNCTS = lines("""
for the [party|picnic|trip|school fair|guests|weekend|garden|wedding|holiday|show|class|team|winter|family|birthday|bake sale|concert]
on the way [home|to school|to work|to the {scene}|back]
with [{h} {folk}|a friend|great care|a smile|{M}|both hands|some help]
because [it was hot|it was late|{h} {folk} were hungry|of the rain|there was no room|they were cheap|it was a holiday]
[at|in|near|behind|inside|next to] the {scene}
to [feed the animals|surprise {M}|make room|help out|have fun|decorate the {scene}|fill the {scene}|practise|keep warm|save time]
[yesterday|last week|this morning|today|on Friday|before breakfast|after dinner|during the break|all by {h} own|in a hurry|by mistake|as planned|as usual]
[as a gift|as a snack|for free|for fun|for {h} collection|for later|for lunch|from the {scene}|all at once|one by one]
""")
LEADS = lines("""
[After that|In the end|By the end of the day|By then|At the end of the [week|day|game|trip|party]|When [it|the {scene}] was closed|Afterwards|Now|Then|All in all|So],
[When {M} [came|arrived|left]|Before {M} came home|When it was over|At that moment|After [lunch|the party|the game|the storm]|Later],
[Can you say|Do you know|I wonder|Could you tell me|Please tell me|Guess|{M} wants to know|{M} asks]:
""")
# Asked about what was not told.
ASK_STRANGE = lines("""
How many {other} does [T|N|M] have.
How many {o} does T have [now|left|].
How many [{o}|{other}] will T [get|have|need|buy] [tomorrow|next week|next year|].
How old is the {scene}.
How [tall|heavy|fast] is T.
What [color|size] are the {o}.
How many {other} [are there|are left|are in the {scene}].
How far is [it to the {scene}|the {scene}].
When does the {scene} [open|close].
How long does T [stay|sleep|walk|wait].
What is the name of [the {scene}|T's {other1}].
How many {folk} does T have.
How many {o} do all the {folk} have [in the {scene}|].
How much does T weigh.
How old is T's [mother|captain|father|dog|teacher].
Why did N do that.
How much did T [pay|earn|spend|save].
How many {other} does N need.
Who has more {other}.
How many {o} were there in the {scene2} [last year|yesterday|].
""")
