"""Arabic wordings: things of two and three kinds. The slots are explained in `narrator.py`."""
from grammar import lines

TWO = lines("""
[لدى|مع|عند] {N} {x:o1} و{y:o2}.
[في|يوجد في|كان في] {scene} {x:o1} و {y:o2}.
~{GAIN} {N} {x:o1} و{y:o2}.
[لدى|مع|عند] {N} {x:o1}، و{WITH} أيضا {y:o2}.
في {scene} {x:o1}، وفيها {y:o2}.
~{GAIN} {N} {x:o1}. ثم ~{GAIN} {y:o2}.
""")
ASK_KINDS = lines("""
كم [عدد {all}|عددها|المجموع] [كلها|جميعا|].
ما [مجموع {all}|المجموع|العدد الكلي|عدد {all} كلها].
كم {accall} [{WITH}|في {scene}|] [في المجموع|كلها|معا].
[احسب|أوجد] [المجموع|عدد {all}]!
""")
ASK_KINDS_MORE = lines("""
[بكم|كم] يزيد عدد {op1} على [عدد|] {op2}.
ما الفرق بين [عدد {op1} وعدد {op2}|العددين].
[بكم|كم] يقل عدد {op2} عن عدد {op1}.
كم {acc1} أكثر من {op2}.
""")
WHOLE = lines("""
[لدى|مع|عند] {N} {x.}.
[في|يوجد في|كان في] {scene} {x.}.
{COME} {x.}.
~{GAIN} {N} {x.}.
في {scene} {x.} [كلها|].
""")
PART = lines("""
{y} منها {adj1} والباقي [{adj2}|{adj2}].
منها {y.} {adj1} و[الباقي|البقية|الأخرى] {adj2}.
[بعضها {adj2} و|]{y} منها {adj1}.
{y.} منها {adj1}، و[الباقي|الأخرى] {adj2}.
""")
ASK_PART = lines("""
كم {acc} [{adj2}|ليست {adj1}] [فيها|هناك|].
كم عدد {OP} [ال{adj2}|غير ال{adj1}].
ما عدد {OP} ال{adj2}.
كم الباقي.
""")
BASE_TWO = lines("""
[لدى|مع|عند] {N} {x:o1}.
في {scene} {x:o1}.
~{GAIN} {N} {x:o1}.
""")
KIND_MORE = lines("""
وعدد {op2} أكثر [منها|من {op1}] ب{y}.
ويزيد عدد {op2} على عدد {op1} ب{y}.
""")
KIND_LESS = lines("""
وعدد {op2} أقل [منها|من {op1}] ب{y}.
وينقص عدد {op2} عن عدد {op1} ب{y}.
""")
KIND_TIMES = lines("""
وعدد {op2} {y*} [عدد {op1}|ذلك].
و{op2} عددها {y*} عدد {op1}.
""")
ASK_KIND = lines("""
كم {acc2} [هناك|في {scene}|].
ما عدد {op2}.
كم عدد {op2}.
""")
BOXES_TWO = lines("""
[لدى|مع|عند] {N} {x:box} من {op1} و{y:box} من {op2}.
اشترى {N!} {x:box} من {op1} و{y:box} من {op2}.
""")
EACH_HOLDS_Z = lines("""
[و|]في كل {box} {z} [منها|].
كل {box} فيها {z}.
""")
WHOLE_KINDS = lines("""
في {scene} {x:all}.
[لدى|مع|عند] {N} {x:all}.
[يوجد|كان] في {scene} {x:all}.
""")
PART_KINDS = lines("""
منها {y:o1} والباقي {op2}.
[منهم|منها] {y:o1} و[الباقي|البقية] من {op2}.
{y} منها من {op1} والأخرى من {op2}.
""")
LOSE_FIRST = lines("""
[ثم |]~{LOSE} [{N} |]{z:o1}.
أخذ {M} {z:o1}.
ضاع منها {z:o1}.
""")
GAIN_FIRST = lines("""
[ثم |]~{GAIN} [{N} |]{z:o1} [أخرى|].
أعطا{suf} {M} {z:o1} [أخرى|].
""")
ASK_FIRST_KIND = lines("""
كم {acc1} [معه|هناك|{WITH}|في {scene}] [الآن|].
ما عدد {op1} الآن.
""")
ASK_FIRST_LEFT = lines("""
كم {acc1} [بقي|بقيت|{WITH} الآن].
ما عدد {op1} الباقية.
""")
TWO_RATES_KINDS = lines("""
في كل {box} {x:o1} و{y:o2}.
""")
PART_TWO = lines("""
منها {y} {adj1} و{z} {adj2} والباقي {adj3}.
{y} منها {adj1} و{z} منها {adj2} والأخرى {adj3}.
""")
ASK_THIRD = lines("""
كم {acc} {adj3} [هناك|].
كم الباقي.
ما عدد {OP} ال{adj3}.
""")
THEN_SHARE_PART = lines("""
ثم ~وزع [ال{adj2}|{OP} ال{adj2}] على {z:folk} بالتساوي.
ثم وضعت ال{adj2} في {z:box} بالتساوي.
""")
ASK_EACH_KINDS = lines("""
كم [لكل واحد|في كل {box}|نصيب كل واحد].
""")
THREE = lines("""
و{WITH} أيضا {z:o3}.
وهناك {z:o3} أيضا.
""")
