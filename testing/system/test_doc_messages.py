# SPDX-License-Identifier: GPL-2.0-or-later

"""doc/troubleshooting.md has an entry for each message of the sources, and no other."""

import re

from conftest import ROOT
from messages import all_messages, c_messages, printf_like, tcl_messages

DOC = "doc/troubleshooting.md"


def entries(text):
    """[(messages, advice)] of the page: lines "- `message`", then indented text."""
    text = text.split("## Messages of OpenOCD itself")[0]
    return [(re.findall(r"^- `(.*)`$", heads, re.MULTILINE), advice.strip()) for heads, advice in
            re.findall(r"((?:^- `.*`\n)+)((?:\n|^  .*\n)*)", text, re.MULTILINE)]


def test_every_message_has_an_entry():
    listed = {message for messages, _ in entries((ROOT / DOC).read_text()) for message in messages}
    missing = ["%s, add to %s what this means and what to do:\n\n- `%s`\n\n  ...\n"
               % (where, DOC, message)
               for message, where in all_messages(ROOT).items() if message not in listed]
    assert not missing, "messages without an entry:\n" + "\n".join(missing)


def test_every_entry_is_a_message():
    listed = [message for messages, _ in entries((ROOT / DOC).read_text()) for message in messages]
    known = all_messages(ROOT)
    old = ["- `%s`" % message for message in listed if message not in known]
    assert not old, "%s has entries that no source prints any more, remove or correct:\n%s" % (
        DOC, "\n".join(old))
    twice = sorted({message for message in listed if listed.count(message) > 1})
    assert not twice, "%s has two entries for: %s" % (DOC, twice)


def test_every_entry_says_something():
    for messages, advice in entries((ROOT / DOC).read_text()):
        assert len(advice.split()) >= 4, "%s says nothing of `%s`" % (DOC, messages[-1])


C_SOURCE = r'''
void say(const struct bank *bank, const char *format, ...)
	__attribute__((format(PRINTF_ATTRIBUTE_FORMAT, 2, 3)));
#define SHOUT(x) LOG_ERROR("not me, " x)
// LOG_ERROR("nor me here");
LOG_ERROR("%s: no chip at " TARGET_ADDR_FMT ", %" PRIu32 " ms, status 0x%02x%s", name,
	at, ms, status, high ? ": is it high?" : "");
LOG_TARGET_WARNING(target, "lend %d \"bytes\" "
	"of RAM", 3);
LOG_INFO("this is no complaint");
LOG_ERROR("%s", frame_only);
say(bank, well ? "first of two words" : "second of two words");
command_print(CMD, "an answer of the command");
return ERROR_OK;
if (bad) {
	command_print(CMD, "this is a refusal, %u", 1);
	return ERROR_FAIL;
}
snprintf(why, sizeof(why), "because of %s", text);
snprintf(name, sizeof(name), "no sentence at all");
'''

TCL_SOURCE = r'''
# error "not in a comment"
	error "no pin $name, only [join [list "a" b] {, }];\
		see ${file} at 50 %"
	if {1} {error "given [llength $x]:$::why twice"}
	return -code error "cmspi_bank $name: $why"
	echo "a hint: nothing done"
	set texts [list alternate "$name was in use"]
'''


def test_messages_are_found_in_c():
    assert printf_like(C_SOURCE) == ["say"]
    assert c_messages(C_SOURCE, ["say"]) == {
        "no chip at ..., ... ms, status ...": 6, 'lend ... "bytes" of RAM': 8,
        "first of two words": 12, "second of two words": 12, "this is a refusal, ...": 16,
        "because of ...": 19}


def test_messages_are_found_in_tcl():
    assert tcl_messages(TCL_SOURCE) == {
        "no pin ..., only ...; see ... at 50 %": 3, "given ...:... twice": 5,
        "a hint: nothing done": 7, "... was in use": 8}
