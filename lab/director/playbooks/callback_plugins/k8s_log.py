"""Writes one line to /var/log/k8s-lab.log when a playbook really starts and one when it really ends, failed or not."""

import datetime
import os

from ansible.plugins.callback import CallbackBase

LOG = "/var/log/k8s-lab.log"


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "k8s_log"

    def __init__(self):
        super().__init__()
        self._playbook = None
        self._target = None

    def _append(self, event):
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = f"{now} {self._playbook} {self._target} {event}\n"
        # One write of one short line to a file opened for appending: lines of playbooks that overlap do not mix.
        descriptor = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)

    def v2_playbook_on_start(self, playbook):
        self._playbook = os.path.splitext(os.path.basename(playbook._file_name))[0]

    def v2_playbook_on_play_start(self, play):
        if self._target is None:
            self._target = play.get_variable_manager().extra_vars.get("target_node", "all")
            self._append("begin")

    def v2_playbook_on_stats(self, stats):
        self._append("end")
