# --- planner_events: the callback plugin ---
# Tells what a playbook does, one line of JSON for each event, between the lines of whatever else prints: `planner-event {...}`.
# A copy lies beside each durable run of a playbook (playbook-run.sh). Works with ansible-core 2.9 and later.
from __future__ import absolute_import, division, print_function

DOCUMENTATION = """
    name: planner_events
    type: notification
    short_description: progress for Planner
    description: Prints one line of JSON for each event of a playbook.
"""

import json
import os
import sys

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "planner_events"
    # Loaded from its directory without a word in ansible.cfg.
    CALLBACK_NEEDS_ENABLED = False
    CALLBACK_NEEDS_WHITELIST = False

    LONGEST = 2000

    def _tell(self, event, **facts):
        facts["event"] = event
        sys.stdout.flush()
        text = json.dumps(facts, sort_keys=True, default=str, ensure_ascii=False)
        # What no reader of YAML 1.1 takes unescaped.
        text = "".join(letter if letter.isprintable() else " " for letter in text)
        try:
            os.write(1, ("planner-event " + text + "\n").encode("utf-8", "replace"))
        except OSError:
            # A full disk must not end the playbook.
            pass

    # What results are called has changed between versions.
    def _facts(self, result):
        found = getattr(result, "result", None)
        return found if isinstance(found, dict) else result._result

    def _result(self, result, status, **facts):
        host = getattr(result, "host", None) or result._host
        task = getattr(result, "task", None) or result._task
        self._tell("result", host=host.get_name(), task=task.get_name(), status=status, **facts)

    def _message(self, data):
        if "censored" in data or data.get("_ansible_no_log"):
            return "hidden by no_log"
        parts = []
        for item in data.get("results") or []:
            if isinstance(item, dict) and (item.get("failed") or item.get("unreachable")):
                label = item.get("_ansible_item_label", item.get("item"))
                parts.append("item %s: %s" % (label, self._message(item)))
                break
        for key in ("msg", "module_stderr", "stderr", "stdout"):
            text = data.get(key)
            text = text if isinstance(text, str) else json.dumps(text, default=str) if text else ""
            text = text.strip()
            if text and not any(text in part for part in parts):
                parts.append(text[-self.LONGEST:])
        return "\n".join(parts)[: 2 * self.LONGEST]

    def v2_playbook_on_start(self, playbook):
        self._tell("playbook", plays=len(playbook.get_plays()))

    def v2_playbook_on_play_start(self, play):
        self._tell("play", name=play.get_name().strip())

    def v2_playbook_on_no_hosts_matched(self):
        self._tell("no-hosts")

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._tell("task", name=task.get_name().strip())

    def v2_playbook_on_handler_task_start(self, task):
        self._tell("task", name=task.get_name().strip())

    def v2_runner_on_start(self, host, task):
        self._tell("start", host=host.get_name())

    def v2_runner_on_ok(self, result):
        self._result(result, "changed" if self._facts(result).get("changed") else "ok")

    def v2_runner_on_skipped(self, result):
        self._result(result, "skipped")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._result(result, "ignored" if ignore_errors else "failed", message=self._message(self._facts(result)))

    def v2_runner_on_unreachable(self, result):
        self._result(result, "unreachable", message=self._message(self._facts(result)))

    def v2_runner_retry(self, result):
        data = self._facts(result)
        self._result(result, "retry", attempt=data.get("attempts"), attempts=data.get("retries"))

    def v2_playbook_on_stats(self, stats):
        hosts = {}
        for host in stats.processed:
            facts = stats.summarize(host)
            facts["failed"] = facts.pop("failures", 0)
            hosts[host] = facts
        self._tell("recap", hosts=hosts)
