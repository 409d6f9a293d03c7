import fc from 'fast-check'
import { test } from 'vitest'
import { stringify } from 'yaml'
import { project } from './grammar.ts'
import { cuts, patched, piece } from './pieces.ts'
import { runs } from './runs.ts'
import { expectSound, ROOT } from './sound.ts'

const good = project.map((value) => stringify(value))
test('whatever is done to the text of a good file, the answer is a model or problems', () => {
  fc.assert(
    fc.property(good, cuts, (text, cuts) =>
      expectSound({ [ROOT]: patched(text, cuts), 'web/a.env': 'A=1\n' }),
    ),
    runs(120),
  )
})

test('a file that ends early, or has other line ends, is a model or problems', () => {
  const ends = fc.constantFrom('\n', '\r\n', '\r', '\n\r', '\u2028', '\x85', '\n\n\t')
  fc.assert(
    fc.property(good, fc.nat(), fc.array(ends, { minLength: 1, maxLength: 3 }), (text, length, ends) => {
      const lines = text.slice(0, length % (text.length + 1)).split('\n')
      const joined = lines.map((line, at) => `${line}${ends[at % ends.length]}`).join('')
      expectSound({ [ROOT]: `\uFEFF${joined}`, 'web/a.env': `\uFEFFA=1${ends[0]}B="x${ends[0]}"` })
    }),
    runs(100),
  )
})

test('whatever text stands in the files of a stack, the answer is a model or problems', () => {
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(text, text, text, text, (compose, dotenv, env, image) =>
      expectSound({
        [ROOT]: `${compose}\n`,
        'two/compose.yaml':
          'services: {a: {image: app, env_file: a.env, label_file: [{path: a.env}, a.env]}}',
        'two/.env': dotenv,
        'two/a.env': env,
        'app.image.yaml': image,
      }),
    ),
    runs(250),
  )
})
