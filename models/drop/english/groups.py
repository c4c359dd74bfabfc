"""English wordings: equal groups: boxes, shares, rows. The slots are explained in `narrator.py`."""
from grammar import lines

GROUPS = lines("""
There &be {x} {boxes} with {y} {o} [in each|in every {box}|each|in each {box}].
{N} ~have {x} {boxes}. [Each|Every] {box} [has|holds|contains|is filled with] {y} {o}.
{N} ~have {x} {boxes} [of|with] {y} {o} each.
[Each|Every|One] {box} [has|holds|contains|takes] {y} {o}. {N} [~have|~buy|~fill|~need] {x} [{boxes}|such {boxes}|of them].
{N} ~put {y} {o} [in|into|on] each [of|of the] {x} {boxes}.
{N} ~fill {x} {boxes} with {y} {o} [each|in each].
{x} {folk} [have|bring|brought|get|got|made|own|need] {y} {o} each.
[Each|Every one] of {x} {folk} [has|gets|got|brings|brought|needs|made] {y} {o}.
{N} [~have {x} {folk} and|] ~give [each of them|each of {x} {folk}|every one of the {x} {folk}] {y} {o}.
There are {x} {folk}. [Each|Each of them|Every one] [has|gets|brings|needs|wants] {y} {o}.
{N} {DONE} {y} {o} [every|each|a|per] [day|week|hour|morning|month|minute|evening] for {x} [days|weeks|hours|mornings|months|minutes|evenings].
{N} {DONE} {y} {o} [every|each|a|per] [day|week|hour|month].
In the {scene} [there are|you see|we have] {x} {boxes} and in [each|every one] [there are|we find] {y} {o}.
{N} ~arrange {o} in {x} [rows|columns|lines|stacks] [of|with] {y} [{o}|] [each|].
{N} {GAIN} {x} [{boxes}|packs|boxes|bags] of {o}. [There are|Each has] {y} {o} in [each|each one|every {box}|a {box}].
{y} {o} [fit|fit|go|are] in [each|one|a] {box}. [There are {x} {boxes}|{N} ~fill {x} {boxes}].
""")
ASK_TOTAL = lines("""
How many {o} [are there|is that|does that make|are they] [in all|altogether|in total|].
How many {o} [does N have|did N {DONE:base}|does N need|does N have] [in all|altogether|in total|].
[What is|What's|Find|Calculate|Work out] the total [number of {o}|].
How many {o} [in all|altogether|in total].
How many {o} are there in [all the {boxes}|all {x} {boxes}|the {boxes}].
How many [{o}|] do they have [in all|together|altogether].
How many {o} [will there be|will N have|are needed|does N need].
""")
SHARE = lines("""
{N} [~share|~divide|~split|~distribute] {x} {o} [equally|evenly|fairly] [among|between|with] {y} {folk}.
{N} ~have {x} {o} [to share|to divide|to split|to give out] [equally|evenly] among {y} {folk}.
{x} {o} are [shared|divided|split|distributed|handed out] [equally|evenly] [among|to|between] {y} {folk}.
{N} ~put {x} {o} [equally|evenly|in equal numbers] [into|in] {y} {boxes}.
{N} ~put {x} {o} into {y} {boxes}, the same number in each.
{y} {folk} [share|split|divide] {x} {o} [equally|evenly|fairly].
{N} ~have {x} {o} and {y} {boxes}. {N} ~want [the same number of {o}|equally many {o}] in [each|every] {box}.
There are {x} {o} for {y} {folk}. [Everyone gets the same number.|All get the same.|They share equally.]
{N} ~give {x} {o} to {y} {folk}[. Each gets the same number|, equally many to each|, the same number each].
{x} {o} are [placed|packed|arranged|put|planted] in {y} equal [rows|{boxes}|groups|piles|stacks].
{N} ~have {y} {folk} and {x} {o}. [If they are shared equally,|They are divided equally.|{N} ~want to be fair.]
If {N} ~have {x} {o} and [they are divided|divides them] equally among {y} {folk},
{x} {o} [weigh|come] in {y} equal {boxes}.
{N} {DONE} {x} {o} in {y} [days|weeks|hours], the same number [each day|every time|each time].
""")
ASK_EACH = lines("""
How many {o} [does each get|does each one get|are for each|go to each|does everyone get|does each of them get|will each get|did each get|per head].
How many {o} [are in each|are there in each|does each hold|will be in each] [{box}|one|group|part|of them].
How many {o} [for each|each|apiece|per {box}|in each {box}|in one {box}|is that for each].
[What is|What's|Find] the share of each.
How many [does each get|for each of them|does everybody get|are in each].
How many {o} will each [have|receive|get|{box} hold].
""")
PACK = lines("""
{N} [~pack|~put|~sort|~arrange] {x} {o} [in|into] {boxes} of {y}.
{N} ~have {x} {o}. [Each|Every|One|A] {box} [holds|takes|has room for|fits|needs|can hold] {y} [{o}|].
{N} ~want to put {x} {o} [in|into] {boxes} [of|with] {y} [{o}|] [each|].
[Each|One|Every] {box} [holds|takes|fits|can hold|needs] {y} {o}. {N} ~have {x} [{o}|].
{N} ~have {x} {o} and ~put {y} [{o}|] [in|into] each {box}.
{x} {o} are [packed|put|sorted|placed|split up|arranged] [in|into] {boxes} [of|with] {y} [each|].
{x} {o} [want to sit|go|stand|travel|ride|live|lie|line up] {y} to [a|each|one] {box}.
{N} ~need {x} {o}. [They come in {boxes} of {y}.|There are {y} {o} in [a|each] {box}.]
If {y} {o} [go|fit] [in|into] [one|each|a] {box} and there are {x} {o},
It takes {y} {o} [to fill|for|to make] [a|one] {box}. {N} ~have {x} {o}.
""")
ASK_GROUPS = lines("""
How many {boxes} [are needed|does N need|does N fill|will N need|can N fill|are there|is that|can be filled|will there be|can be made].
How many {boxes} [did N need|did N fill|does it take|will it take|do we need|will they fill|must N buy].
[Find|Work out|What is] the number of {boxes}.
How many {boxes} [can N make|in all|does that make|are filled].
""")
SERVE = lines("""
{N} [~give|~hand] {y} {o} to each [child|friend|kid|guest|pupil]. {N} ~have {x} {o}.
{N} ~have {x} {o}. [Each|Every] [child|friend|kid|guest|pupil|player] [gets|needs|wants|takes] {y} [{o}|of them|].
[Each|Every] [child|friend|kid|guest|pupil|player] [gets|needs|wants|takes] {y} {o}. There are {x} [{o}|].
{x} {o} are handed out, {y} to each [child|friend|kid|guest|pupil].
""")
PER_DAY = lines("""
{N} {DONE} {x} {o}, {y} [{o}|] [a|each|every|per] day.
{N} ~have {x} {o} and ~use {y} [{o}|of them|] [a|each|every|per] day.
{N} ~need {x} {o}. {N} [gets|can get|makes] {y} [a|each|every|per] day.
{N} ~want to {DONE:base} {x} {o}, {y} [a|each|every|per] day.
""")
ASK_DAYS = lines("""
How many days [will it take|does it take|did it take|will they last|does N need|does that take|is that].
[For how many|In how many] days [does that last|is that done|will N be done].
""")
ASK_SERVED = lines("""
How many [children|friends|kids|people|guests|pupils] [can get some|get {o}|does N serve|can N give {o} to].
How many [children|people|kids] is that enough for.
""")
ASK_REST = lines("""
How many {o} [are left over|are left|remain|are left at the end|will be left over|don't fit|stay over|are not in a full {box}].
How many {o} [does N have left|will be left|does N keep] [after that|in the end|over|].
""")
ASK_FULL = lines("""
How many full {boxes} [are there|does N get|can N make|is that].
How many {boxes} [are full|can be filled completely|can N fill completely].
""")
ASK_FOR_ALL = lines("""
How many {boxes} [are needed for all [of them|the {o}]|does N need [for all of them|so that all {o} fit|so that nothing is left over]].
How many {boxes} [at least|at the least|must there be|are needed at least] so that [all|all the {o}|every one of them] [fit|have a place].
""")
EXTRA_MORE = lines("""
[There &be|{N} ~have] {z} [more|extra|other|loose|single|additional] {o} [in|on|at] the {scene}.
{N} [also|] {GAIN} {z} [more|loose|extra|single] {o} [|{when}].
[Another|And another|And] {z} {o} [lie|are|stand|wait] [in|on|by] the {scene}.
{M} [gave|gives|brings|brought] {him} {z} more [{o}|].
There are also {z} [{o} outside|{o} in the {scene}|loose ones].
Then {z} more {o} {COME}.
""")
THEN_SHARE = lines("""
[Then|The rest|After that|] {N} [~share|~divide|~split] [them all|all of them|the rest|them|what is left] [equally|evenly] [among|between] {z} {folk}.
[Then|] [they|all of them|the rest] [are|were] [shared|divided|put|split] [equally|evenly] [among {z} {folk}|into {z} {boxes}].
{N} ~put [them|all of them|the rest|them all] [equally|evenly] [into|in] {z} {boxes}.
{z} {folk} [share|split|get] [them|the rest|all of them] [equally|evenly].
[They|The {o}] go [evenly|equally] into {z} {boxes}, the same number in each.
""")
THEN_PACK = lines("""
{N} [~pack|~put] [them all|all of them|the rest|them|all the {o}] into {boxes} of {z}.
[Each|Every|One] {box} [holds|takes|fits] {z} [{o}|].
[They|The rest|All of them] [are|were] [packed|put|placed] [in|into] {boxes} of {z}[| each].
{N} ~put {z} [{o}|of them|] [in|into] each {box}.
""")
LOSE_BOXES = lines("""
{N} [~lose|~sell|~give away|~throw away] {z} [of the {boxes}|{boxes}|of them].
{z} [{boxes}|of the {boxes}|of them] [are|were] [sold|lost|given away|empty|broken|thrown away].
""")
GAIN_BOXES = lines("""
{N} [~buy|~get|~find] {z} more [{boxes}|of them].
{z} more {boxes} [are brought|come|are added|arrive].
""")
BOXES_HAVE = lines("""
{N} ~have {x} {boxes} of {o}.
There &be {x} {boxes} of {o} [in|at] the {scene}.
{N} {GAIN} {x} {boxes} of {o}.
""")
EACH_HOLDS = lines("""
[Each|Every|One] {box} [has|holds|contains] {y} {o}.
There are {y} {o} in [each|every|one] {box}.
""")
PARTS = lines("""
[Each|Every|One|A] {s} has {y} {parts}. [There are {x} {o}|{N} ~have {x} {o}|{N} ~see {x} {o}] [in the {scene}|].
{N} ~have {x} {o}. [Each|Every one|Each one] has {y} {parts}.
There are {x} {o} with {y} {parts} each.
If [each|a|one] {s} has {y} {parts}, [think of {x} {o}|look at {x} {o}|there are {x} {o}].
[A|Each] {s} has {y} {parts}.
""")
ASK_PARTS = lines("""
How many {parts} [are there|are there|is that|do they have] [in all|altogether|in total|].
How many {parts} do {x} {o} have [altogether|in all|].
[What is|Find] the [total number|number] of {parts}.
How many {parts} do [all of them|the {o}|{x} {o}] have.
""")
PACKS_COST = lines("""
{N} ~buy {x} {boxes} of {o}. [Each|Every] {box} has {y} {o} [inside|] and costs {$z}.
A {box} [of|with] {y} {o} costs {$z}. {N} ~buy {x} [{boxes}|of them].
There are {y} {o} in a {box}, and a {box} costs {$z}. {N} ~take {x} {boxes}.
""")
ASK_PACKS = lines("""
How much [money|] [does N pay|did N pay|does N spend|is that] [in all|altogether|].
What is the [total cost|total price|price of all the {boxes}].
How many {cur} does N pay [in all|altogether|].
""")
NESTED = lines("""
{N} ~have {x} {boxes}. [Each|Every] {box} [has|holds|contains] {y} [bags|packs|small boxes|rows|layers] [of|with] {z} {o} [each|].
There are {x} {boxes} with {y} [bags|packs|layers|rows] in each, and {z} {o} in [each|every] [one|bag|pack].
[Each|Every] of {x} {folk} has {y} [bags|packs|boxes] with {z} {o} [in each|each].
{N} {DONE} {y} {o} [a|every|each] [day|morning], {z} days a week, for {x} weeks.
""")
TWO_RATES = lines("""
{N} {DONE} {x} {o} [every|each|in the] morning and {y} [{o}|] [every|each|in the] [evening|afternoon|night] [|for {z} days].
[Each|Every] {box} [has|holds|contains] {x} {o1} and {y} {o2}.
[Each|Every] [of the|one of the] {folk} [has|gets|brings] {x} {o1} and {y} {o2}.
{N} {DONE} {x} {o} and {M} {M:DONE} {y} {o} [every|each|per|a] [day|week|hour].
""")
DAYS_GO = lines("""
{N} ~do this for {z} [days|weeks].
This goes on for {z} [days|weeks].
There are {z} [of them|{boxes}|such {boxes}].
""")
LOSE_ONE = lines("""
[One|One of them|The first of them] [gives away|loses|eats|uses|sells] {z} [of them|].
[In|From] one {box} {z} [are taken out|are missing|get lost|are broken].
""")
ASK_ONE_LEFT = lines("""
How many {o} does [this one|that one|this {box}|he or she] [have left|still have].
How many {o} are left [in this {box}|there|for this one|with this one].
""")
