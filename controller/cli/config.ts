import { type Command, Option } from 'commander'
import type { Context } from './context.ts'
import { type Cli, collect } from './options/arguments.ts'
import type { ConfigFlags } from './project/config-flags.ts'
import type { World } from './project/print-project.ts'

/** Adds `setpoint config` to the command line. */
export function registerConfig(program: Command, { context, finish }: Cli): void {
  program
    .command('config')
    .summary('print what compose files come to')
    .description(
      'Resolves a Compose project, offline, and prints it: files merged, variables filled in, short forms made long.',
    )
    .argument('[service...]', 'only these services, and what they depend on')
    .addOption(repeated('-f, --file <file>', 'compose file, - for stdin', 'found, see below'))
    .addOption(repeated('--env-file <file>', 'file with variables', '.env'))
    .addOption(repeated('--profile <name>', 'profile to enable, * for all', 'COMPOSE_PROFILES'))
    .option('--project-directory <dir>', 'where relative paths start (default: the folder of the first file)')
    .option('-p, --project-name <name>', 'name of the project')
    .option('--strict', 'a variable that is not set is an error')
    .addOption(formatOption('--output <format>').default('yaml'))
    .addOption(formatOption('--format <format>').hideHelp())
    .option('-q, --quiet', 'print problems only')
    .option('--services', 'print the names of the services')
    .option('--networks', 'print the names of the networks')
    .option('--volumes', 'print the names of the volumes')
    .option('--images', 'print the images')
    .option('--profiles', 'print the profiles')
    .addHelpText('after', HELP)
    .action(async (services: string[], flags: ConfigFlags) =>
      finish(await config(context, { ...flags, only: services })),
    )
}

const HELP = `
Without -f it is compose.yaml, compose.yml, docker-compose.yml or docker-compose.yaml of this folder, or of the nearest
one above that has any, with its compose.override.yaml. Problems and notices go to stderr, one a line:
file:line:column path: message; with --output json as {"problems": [...]}. Wrong usage is told as text.

A variable has its value from the environment, else from x-setpoint.variables of the first file, else from --env-file
or .env. With x-setpoint.unset: error in the first file it is as with --strict.

Environment, also from .env:
  COMPOSE_FILE, COMPOSE_PATH_SEPARATOR, COMPOSE_PROJECT_NAME, COMPOSE_PROFILES, COMPOSE_ENV_FILES

Exit code: 0 no errors · 1 errors · 2 wrong usage

Examples:
  setpoint config
  setpoint config -f compose.yaml -f compose.prod.yaml --output json
  setpoint config --profile debug --services`

/** Resolves a project and prints it; gives the exit code. */
export async function config(context: Context, flags: ConfigFlags, world?: World): Promise<number> {
  const [{ printProject }, { workingFolder }] = await Promise.all([
    import('./project/print-project.ts'),
    import('./project/working-folder.ts'),
  ])
  return printProject(context, flags, world ?? { cwd: workingFolder(context.env), stdin: process.stdin })
}

function repeated(flags: string, description: string, otherwise: string): Option {
  return new Option(flags, `${description}; may be repeated`).argParser(collect).default([], otherwise)
}

/** `docker compose config` has `--format` for it. */
function formatOption(flags: string): Option {
  return new Option(flags, 'how the model is printed').choices(['yaml', 'json'])
}
