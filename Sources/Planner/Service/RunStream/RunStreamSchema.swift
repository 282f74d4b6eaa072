/// The lines of a run's stream, for programs that read them: `planner schema --format run`, docs/run-stream.schema.json.
package enum RunStreamSchema {
    package static let text = #"""
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "$id": "planner.run/1",
          "title": "One line of the stream of a run",
          "description": "Printed by run_plan, attach, logs and history with --json. The first line is of type version, the last of type result; between them stands one line for each record of the journal. Fields that a reader does not know are to be ignored; a greater v is to be refused.",
          "type": "object",
          "required": ["v", "type"],
          "properties": {
            "v": { "const": 1, "description": "Version of this form. Additions do not change it." },
            "type": {
              "enum": ["version", "preflight", "plan_start", "phase_start", "task_start", "task_apply", "task_end", "phase_end", "stop", "plan_end", "node_put_back", "plan_given_up", "task_retry", "approval", "window_start", "not_started", "node_failure", "result"],
              "description": "task_start: the check is asked, nothing is touched. task_apply: the intent; from here on the host may have been changed."
            },
            "schema": { "const": "planner.run/1" },
            "planner": { "type": "string", "description": "The version of Planner." },
            "seq": { "type": "integer", "minimum": 1, "description": "The place in the journal: gapless, so that a reader goes on with --since." },
            "ts": { "type": "string", "format": "date-time", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$", "description": "UTC." },
            "plan": { "type": "string", "description": "The id of the plan." },
            "phase": { "type": "integer", "minimum": 1 },
            "task": { "type": "string", "pattern": "^[0-9]+[.][0-9]+$", "description": "The place of the task: 2.6 is the sixth of phase 2." },
            "id": { "type": "string", "pattern": "^[0-9a-zA-Z]+$", "description": "The id of the task: the same in every plan that has this step." },
            "node": { "type": "string", "description": "On whose behalf." },
            "host": { "type": "string", "description": "Where it is carried out." },
            "item": { "type": "string", "description": "The path of the item that the step serves." },
            "step": { "type": "string" },
            "state": { "enum": ["checking", "running", "retrying", "ok", "changed", "skipped", "failed", "unreachable", "timed-out", "cancelled"] },
            "attempt": { "type": "integer", "minimum": 1 },
            "elapsed_ms": { "type": "integer", "minimum": 0 },
            "limit_ms": { "type": "integer", "minimum": 0, "description": "After which time the longest part of the task is ended." },
            "rc": { "type": "integer", "description": "The exit status of the command, when one failed." },
            "class": { "enum": ["failed", "not-verified", "timed-out", "cancelled", "unreachable", "connection-lost", "host-key", "authentication", "disk-full", "interrupted", "transient", "peers-unreachable"] },
            "msg": { "type": "string", "description": "One line for people: what is done, or what went wrong." },
            "output": { "type": "array", "items": { "type": "string" }, "description": "The last lines of what failed, without secrets." },
            "next": { "type": "string", "description": "What to do." },
            "by": { "type": "string", "description": "Who: user, host, process." },
            "why": { "type": "string", "description": "The reason that somebody gave." },
            "resumed": { "type": "boolean" },
            "cancel_running": { "type": "boolean" },
            "retry_in_ms": { "type": "integer", "minimum": 0, "description": "Until the next attempt of the task." },
            "until": { "type": "string", "format": "date-time", "description": "The end of the window of the run." },
            "result": { "enum": ["successful", "failed", "stopped", "paused"] },
            "preflight": {
              "type": "object",
              "description": "Of type preflight, behind the head of run_plan --preflight: what hosts have said before anything is run. docs/preflight.md.",
              "required": ["schema", "plan", "askedAt", "askedBy", "hosts", "answered", "notThereYet", "blockers", "warnings", "findings", "exit"],
              "properties": {
                "schema": { "const": "planner.preflight/1" },
                "findings": {
                  "type": "array",
                  "items": {
                    "type": "object",
                    "required": ["id", "severity", "kind", "subject", "found", "rule", "nextStep"],
                    "properties": { "severity": { "enum": ["blocker", "warning"] } }
                  }
                }
              }
            },
            "exit": { "type": "integer", "description": "The exit status of the command that prints the stream." },
            "reason": { "type": "string" }
          },
          "allOf": [
            { "if": { "properties": { "type": { "const": "version" } } }, "then": { "required": ["schema", "planner"] } },
            { "if": { "properties": { "type": { "const": "result" } } }, "then": { "required": ["exit", "reason"] } },
            { "if": { "properties": { "type": { "enum": ["version", "preflight", "result"] } } }, "else": { "required": ["seq", "ts", "plan", "msg"] } },
            { "if": { "properties": { "type": { "enum": ["task_start", "task_apply", "task_retry", "task_end"] } } }, "then": { "required": ["task", "id", "host", "state", "attempt"] } },
            { "if": { "properties": { "type": { "const": "task_end" } } }, "then": { "required": ["elapsed_ms"] } },
            { "if": { "properties": { "type": { "const": "preflight" } } }, "then": { "required": ["plan", "preflight"] } },
            { "if": { "properties": { "type": { "const": "plan_end" } } }, "then": { "required": ["result"] } }
          ]
        }

        """#
}
