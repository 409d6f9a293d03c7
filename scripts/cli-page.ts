import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const SETPOINT = join(import.meta.dirname, 'setpoint.mjs')
const AGENT = join(import.meta.dirname, 'setpoint-agent.mjs')

const INTRODUCTION = `# The command line

Written by \`npm run generate\` from \`setpoint --help\` and the help of each command. In a clone the command is
\`./scripts/setpoint.mjs\`.

    setpoint up --source /srv/infra.git        # in one terminal
    setpoint status --wait 2m                  # in another

Commands that look or act are clients of the controller's API and need no root when \`SETPOINT_API\` and \`SETPOINT_TOKEN\`
say where it is; \`up\`, \`down\` and \`setpoint-agent\` do. \`--output json\` prints the API's own JSON, and is kept stable:

    {"stacks": [{"name", "source", "revision": {"attempted", "applied"}, "outcome",
                 "conditions": [{"type", "status", "reason", "message", "since"}],
                 "services": [{"name", "image", "digest", "desired", "running", "healthy", "ports",
                               "tasks": [{"id", "slot", "host", "state", "health", "pid", "addresses", "ports", "startedAt",
                                          "exitCode", "revision", "restarts", "renewals", "restartAt", "ended",
                                          "probes", "message", "error"}]}],
                 "problems": [], "failure": {}}],
     "hosts": [{"name", "state", "availability", "labels", "resources", "runtime", "seen",
                "key": {"state", "recipient", "reported"}}],
     "sources": [{"name", "url", "branch", "revision", "polled", "error"}]}

    {"volumes": [{"name", "host", "stack", "driver", "options", "labels", "path", "createdAt", "external", "anonymous",
                  "target", "declaredBy": [], "usedBy": [{"taskId", "stack", "service", "slot"}], "unusedSince", "size"}],
     "missing": [{"host", "error": {"code", "message", "hint"}}], "unread": ["SOURCE"]}

The API is the same over HTTP and on \`<state>/api.sock\`: \`GET /v1/status\`, \`/v1/status/changes\` (a long poll),
\`/v1/drift\`, \`/v1/stats\`, \`/v1/plan\`, \`/v1/stacks/NAME/history\`, \`/v1/logs\` and \`/v1/events\` (one object a line),
\`/v1/processes\`, \`/v1/volumes\`, \`/v1/secrets\`, \`/v1/version\`; \`POST /v1/sync\`, \`/v1/plan\`, \`/v1/volumes/remove\`,
\`/v1/hosts/NAME/trust\`, \`/v1/stacks/NAME/rollback\`, which adds the revision that it goes back to as \`to\`; \`POST\` and
\`DELETE /v1/secrets/NAME\`; \`DELETE /v1/hosts/NAME\`; \`GET /healthz\` and \`GET /metrics\`, the first without a token.
`

/** The page docs/cli.md. */
export async function cliPage(): Promise<string> {
  const help = await helpOf([])
  const commands = (await Promise.all(commandNames(help).map((name) => sections([name])))).flat()
  const agent = section('setpoint-agent', await helpOf([], AGENT))
  return [INTRODUCTION, section('setpoint', help), ...commands, agent].join('\n')
}

/** The help of a command, and that of each command below it. */
async function sections(argv: string[]): Promise<string[]> {
  const help = await helpOf(argv)
  const list = help.split('\nCommands:\n')[1] ?? ''
  const below = await Promise.all(commandNames(list).map((name) => sections([...argv, name])))
  return [section(`setpoint ${argv.join(' ')}`, help), ...below.flat()]
}

/** The commands that a \`--help\` lists. */
export function commandNames(help: string): string[] {
  return [...help.matchAll(/^ {2}([a-z]+) (?:\[|<| {2})/gm)].flatMap(([, name]) =>
    name === undefined || name === 'help' ? [] : [name],
  )
}

/** What `setpoint … --help` prints, as wide as it is without a terminal. */
export async function helpOf(argv: string[], script = SETPOINT): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...argv, '--help'], {
    timeout: 30_000,
  })
  return stdout.trimEnd()
}

function section(name: string, help: string): string {
  return `## ${name}\n\n\`\`\`text\n${help}\n\`\`\`\n`
}
