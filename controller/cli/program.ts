import { Command, CommanderError } from 'commander'
import { setpointVersion } from '../api/version.ts'
import { registerConfig } from './config.ts'
import type { Context } from './context.ts'
import { registerController } from './controller.ts'
import { registerCp } from './cp.ts'
import { registerDown } from './down.ts'
import { registerDrift } from './drift.ts'
import { registerEvents } from './events.ts'
import { registerExec } from './exec.ts'
import { EXIT, reportError } from './exit.ts'
import { registerHistory } from './history.ts'
import { registerHosts } from './hosts.ts'
import { registerLogs } from './logs.ts'
import type { Cli } from './options/arguments.ts'
import { registerPlan } from './plan.ts'
import { registerRollback } from './rollback.ts'
import { registerSecret } from './secret.ts'
import { registerStats } from './stats.ts'
import { registerStatus } from './status.ts'
import { registerSync } from './sync.ts'
import { registerTop } from './top.ts'
import { registerUp } from './up.ts'
import { registerValidate } from './validate.ts'
import { registerVersion } from './version.ts'
import { registerVolumes } from './volumes.ts'

const HELP = `
Exit code: 0 yes, or done · 1 no: not Ready, something would change, a problem was found · 2 error

Environment:
  SETPOINT_API    where the controller answers: http://HOST:PORT or unix:/path
                  (default: <state>/api.sock; without SETPOINT_STATE http://127.0.0.1:7070, too)
  SETPOINT_STATE  state folder (default: /var/lib/setpoint)
  SETPOINT_TOKEN  bearer token of the API
  NO_COLOR        no colours

Examples:
  setpoint up --source /srv/infra.git           run what a repository declares on this host
  setpoint validate .                           check compose files before they are committed
  setpoint config                               print what the compose files here come to
  setpoint plan --source .                      what committing this would change
  setpoint status --wait 2m                     wait until all is as the repository says

A stack is a folder with a compose.yaml; a source is any repository or folder that holds stacks.`

/** Runs a command line (without `node` and the script's name); gives the exit code. */
export async function run(argv: string[], context: Context): Promise<number> {
  let code: number = EXIT.yes
  const program = createProgram({
    context,
    finish: (result) => {
      code = result
    },
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.yes : EXIT.error
    return reportError(error, context)
  }
}

function createProgram(cli: Cli): Command {
  const { out, err } = cli.context
  const program = new Command('setpoint')
    .description('GitOps for plain Linux hosts: commit a compose file and the hosts run it.')
    .version(setpointVersion(), '-V, --version')
    .configureOutput({
      writeOut: (text) => out(text.trimEnd()),
      writeErr: (text) => err(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, 'setpoint: ')),
    })
    .showHelpAfterError('  see --help')
    .addHelpText('after', HELP)
    .enablePositionalOptions() // `hosts trust --output json`: it is an option of `trust`
    .exitOverride()
  const groups: [string, ((program: Command, cli: Cli) => void)[]][] = [
    ['Running it:', [registerUp, registerDown, registerController]],
    ['Before a commit:', [registerValidate, registerConfig, registerPlan]],
    [
      'Looking:',
      [
        registerStatus,
        registerDrift,
        registerHistory,
        registerLogs,
        registerEvents,
        registerTop,
        registerStats,
        registerHosts,
        registerVolumes,
        registerVersion,
      ],
    ],
    ['Acting:', [registerSync, registerRollback, registerExec, registerCp, registerSecret]],
  ]
  for (const [title, registers] of groups) {
    program.commandsGroup(title)
    for (const register of registers) register(program, cli)
  }
  return program
}
