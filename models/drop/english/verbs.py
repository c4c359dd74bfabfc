"""English verbs by what they do to a number of things, and how they are written."""

# somebody has more afterwards; somebody has fewer
GAIN = """buy find get receive pick collect win gather earn borrow order take_home pick_up acquire inherit catch add be_given
    purchase bring_home fetch grab discover save""".split()
LOSE = """lose sell give_away use donate throw_away throw_out break drop lend trade_away hand_out return send_away misplace discard
    use_up get_rid_of give_up leave_behind give_back mail hand_in part_with toss_out take_away remove spend burn ruin swap""".split()
BY_KIND = {
    "food": (["bake", "cook", "make", "harvest", "prepare", "pluck", "fry"], ["eat", "share", "cook", "serve", "feed_to_the_dog", "taste", "peel", "bite_into", "finish", "gobble_up", "swallow", "consume"]),
    "thing": (["make", "build", "paint", "craft", "print", "sew", "knit", "draw", "design", "produce"], ["tear", "crack", "hide", "bury", "destroy", "recycle", "glue_down", "pop", "scratch"]),
    "plant": (["plant", "grow", "sow", "pot"], ["cut_down", "dig_out", "pull_out", "pick", "water_to_death", "trim_away", "uproot"]),
    "animal": (["adopt", "raise", "rescue", "catch", "breed", "spot"], ["set_free", "release", "give_up_for_adoption", "let_go", "slaughter", "free"]),
    "person": (["invite", "hire", "meet", "welcome", "admit"], ["send_home", "fire", "dismiss", "let_go", "wave_off"]),
    "vehicle": (["rent", "repair", "build", "park"], ["scrap", "rent_out", "wreck", "crash", "sink"]),
}
# the things themselves come or go: plural subject
COME = """arrive come appear join_them be_added be_delivered show_up turn_up come_along follow be_brought get_in be_found""".split()
GO = """leave disappear go_away be_lost be_sold be_given_away be_taken go_missing be_removed vanish be_stolen get_lost be_thrown_away
    be_used be_broken be_handed_out be_gone""".split()
COME_BY_KIND = {"food": ["be_baked", "ripen", "be_picked"], "thing": ["be_made", "be_donated", "be_printed"], "plant": ["be_planted", "grow", "sprout", "bloom"],
                "animal": ["be_born", "hatch", "fly_in", "swim_up", "run_in", "land", "walk_in", "crawl_in", "jump_in"],
                "person": ["enter", "get_on", "walk_in", "sign_up", "come_in", "move_in", "sit_down", "step_in", "board", "arrive_late"],
                "vehicle": ["drive_in", "park", "pull_in", "stop", "enter"]}
GO_BY_KIND = {"food": ["be_eaten", "rot", "fall_down", "go_bad", "spoil", "be_cooked", "melt"], "thing": ["break", "fall_down", "be_donated", "rust", "burn", "fall_off", "blow_away", "roll_away"],
              "plant": ["die", "wither", "be_cut_down", "dry_out", "fall_over", "be_picked", "fade"],
              "animal": ["fly_away", "run_away", "die", "escape", "swim_away", "jump_away", "hop_off", "wander_off", "fly_off", "crawl_away", "be_caught"],
              "person": ["go_home", "leave_early", "get_off", "walk_out", "quit", "drop_out", "move_away", "go_out", "run_off", "fall_asleep", "get_sick_and_leave", "step_out", "stop_playing"],
              "vehicle": ["drive_away", "leave", "drive_off", "pull_out", "break_down", "depart", "sail_away"]}
MONEY_GAIN = """get earn receive find win save make be_given borrow collect get_paid""".split()
MONEY_LOSE = """spend lose pay_out donate give_away lend use pay waste hand_over give_to_charity blow""".split()
MONEY_DO = """spend earn save get pay make have donate collect receive raise lose win""".split()
MAKE = """make bake draw paint write fold sell collect find pick catch score read solve plant build buy eat wash fix count deliver earn_as_points
    sew win record take pack carry see spot carve knit clean print gather harvest visit repair use""".split()

PAST = dict(buy="bought", find="found", get="got", win="won", take="took", catch="caught", bring="brought", sell="sold", give="gave", throw="threw",
            drop="dropped", lend="lent", hand="handed", send="sent", leave="left", eat="ate", feed="fed", bite="bit", make="made", build="built",
            sew="sewed", knit="knitted", draw="drew", tear="tore", hide="hid", pop="popped", grow="grew", sow="sowed", cut="cut", dig="dug",
            set="set", let="let", meet="met", come="came", fly="flew", run="ran", swim="swam", fall="fell", go="went", spend="spent", lose="lost",
            pay="paid", blow="blew", write="wrote", read="read", see="saw", have="had", be="was", do="did", keep="kept", hold="held", put="put",
            spoil="spoiled", break_="broke", swap="swapped", breed="bred", sink="sank", sit="sat", drive="drove", pour="poured", begin="began",
            start="started", say="said", think="thought", know="knew", own="owned", want="wanted", need="needed", trim="trimmed", admit="admitted",
            sign="signed", step="stepped", stop="stopped", hop="hopped", wander="wandered", pot="potted", spot="spotted", fry="fried",
            grab="grabbed", wear="wore", ride="rode", jog="jogged", drink="drank", sleep="slept", split="split", cost="cost", bury="buried",
            carry="carried", quit="quit", rot="rotted", pluck="plucked", scrap="scrapped", weigh="weighed", tell="told", hear="heard", fill="filled")
PAST["break"] = PAST.pop("break_")


def past(verb):
    if verb in PAST:
        return PAST[verb]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + "ed"


def third(verb):
    if verb in ("have", "be", "do", "go"):
        return dict(have="has", be="is", do="does", go="goes")[verb]
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + ("es" if verb.endswith(("s", "x", "ch", "sh", "z")) else "s")


def written(phrase, tense, plural, first_person=False):
    """"give_away" in the past is "gave away"; "be_lost" of many things is "were lost"."""
    verb, *rest = phrase.split("_")
    if verb == "be":
        form = ("were" if plural else "was") if tense == "past" else "are" if plural else "am" if first_person else "is"
    elif tense == "past":
        form = past(verb)
    else:
        form = verb if plural or first_person else third(verb)
    return " ".join([form, *rest])
