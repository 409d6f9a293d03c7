import { honoured } from '../marks.ts'
import type { Key, Shape } from '../shape.ts'
import { command } from './command.ts'
import { listOf, mapping, orNothing, string } from './common.ts'
import { healthcheck } from './healthcheck.ts'
import { environment, labels } from './pairs.ts'

/** What is read as a text, whatever YAML takes it for: the mode `0755`, the user `1000`. */
const words: Shape = {
  expected: 'a string',
  scalar: { types: ['string', 'number', 'boolean'] },
}

const file: Record<string, Key> = {
  path: optional(string, 'Where the file stands in the image, as in `/etc/app.conf`.'),
  content: optional(words, 'What is in the file.'),
  source: optional(string, 'The file of the repository that is copied, relative to this one.'),
  mode: optional(words, 'The octal mode; by default `"0644"`, or `"0755"` for a source that is executable.'),
  owner: optional(words, 'The owner by number, as in `"1000:1000"`; by default root.'),
}

const files: Shape = {
  expected: 'a list of files, or a mapping of paths to files',
  list: { items: mapping('a mapping with path and content or source', file) },
  map: {
    values: {
      expected: 'the content, or a mapping with content or source',
      scalar: { types: ['string', 'number', 'boolean', 'null'] },
      map: { keys: file },
    },
  },
}

const steps = listOf(
  {
    expected: 'a command as a string, or as a list of its words',
    scalar: { types: ['string'] },
    list: { items: words },
  },
  'a list of commands',
)

const config = mapping('a mapping of the settings of containers', {
  entrypoint: optional(command, 'The program that containers of the image start.'),
  command: optional(command, 'The arguments of the entrypoint.'),
  env: optional(environment, 'Variables of the containers.'),
  working_dir: optional(string, 'The folder that the program starts in.'),
  user: optional(words, 'The user that the program runs as, as in `1000:1000`.'),
  ports: optional(
    listOf(words, 'a list of ports'),
    'Ports that the program listens on, as in `80` or `53/udp`.',
  ),
  labels: optional(labels, 'Labels of the image.'),
  stop_signal: optional(string, 'The signal that ends the program.'),
  healthcheck: optional(healthcheck, 'The probe that tells whether a container is well.'),
})

/** `NAME.image.yaml`: an image that hosts build themselves. */
export const imageFile = mapping('a mapping with a base', {
  base: optional(string, 'The image that this one adds to, or `scratch` for none. Needed.'),
  packages: optional(
    listOf(words, 'a list of Debian packages'),
    'Debian packages that are unpacked into the image, as in `curl` or `curl=7.88.1-10`.',
  ),
  files: optional(files, 'Files that are put into the image.'),
  run: optional(
    steps,
    'Commands that run in the image: a list is an argv, a string goes through `/bin/sh -c`.',
  ),
  config: optional(config, 'How containers of the image run.'),
})

/** A key without a value counts as absent. */
function optional(shape: Shape, about: string): Key {
  return honoured(orNothing(shape), about)
}
