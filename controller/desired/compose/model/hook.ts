import { honoured } from '../marks.ts'
import type { Key, Shape } from '../shape.ts'
import { command } from './command.ts'
import { boolean, listOf, mapping, string } from './common.ts'
import { environment } from './pairs.ts'

const KEYS: Record<string, Key> = {
  command: honoured(command, 'The command.'),
  user: honoured(string, 'The user who runs it; by default that of the service.'),
  privileged: honoured(boolean, 'It may do what the host may.'),
  working_dir: honoured(string, 'The folder it starts in; by default that of the service.'),
  environment: honoured(environment, 'Variables beside those of the service.'),
}

/** A command to run (service_hook). */
export const hook: Shape = mapping('a mapping with a command', KEYS, 'command')

/** Compose Specification §post_start, §pre_stop. */
export const hooks: Shape = listOf(hook, 'a list of mappings, each with a command')

/** Compose Specification §pre_start: each in a container of its own. */
export const startHooks: Shape = listOf(
  mapping('a mapping with a command', {
    ...KEYS,
    image: honoured(string, 'The image it runs in; by default that of the service.'),
    per_replica: honoured(boolean, 'It runs for each task, not once for the service.'),
  }),
  'a list of mappings, each with a command or an image',
)
