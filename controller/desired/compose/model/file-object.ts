import { honoured, LATER, refused } from '../marks.ts'
import type { Key } from '../shape.ts'
import { options, string } from './common.ts'
import { external } from './external.ts'
import { labels } from './pairs.ts'
import { filePath } from './path.ts'
import { namedResource } from './resource.ts'

/** What secrets and configs have in common. */
function fileObject(what: string): Record<string, Key> {
  return {
    name: honoured(string, `The full name of the ${what}, in place of \`STACK_KEY\`.`),
    file: honoured(filePath, 'The file that has the content.'),
    environment: honoured(string, 'The variable that has the content.'),
    external: honoured(external, `The ${what} is there already and is not made or removed.`),
    labels: honoured(labels, `Labels of the ${what}.`),
    template_driver: refused(string, 'What fills in the placeholders of the content.', {
      reason: LATER,
      instead: 'write the content as it is to be read, with variables where it differs',
    }),
  }
}

/** Compose Specification §Secrets top-level element. */
export const secret = namedResource('a mapping with file or environment', {
  ...fileObject('secret'),
  driver: refused(string, 'What keeps the secret.', {
    reason: LATER,
    instead: 'remove it and give the secret by file or environment',
  }),
  driver_opts: refused(options, 'Settings of what keeps the secret.', {
    reason: LATER,
    instead: 'remove it and give the secret by file or environment',
  }),
})

/** Compose Specification §Configs top-level element. */
export const config = namedResource('a mapping with file, environment or content', {
  ...fileObject('config'),
  content: honoured(string, 'The content itself; its variables are filled in.'),
})
