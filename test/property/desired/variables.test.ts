import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDotenv } from '../../../controller/desired/compose/variables/dotenv.ts'
import { substitute } from '../../../controller/desired/compose/variables/template.ts'
import { PIECES, SYNTAX } from './pieces.ts'
import { runs } from './runs.ts'

test('a template is expanded or told of', () => {
  const template = fc
    .array(fc.oneof(fc.constantFrom(...PIECES, ...SYNTAX), fc.string({ maxLength: 4 })), { maxLength: 30 })
    .map((list) => list.join(''))
  fc.assert(
    fc.property(template, (text) => {
      const filled = substitute(text, (name) => (name.length > 2 ? name : undefined))
      expect(typeof filled.text).toBe('string')
      if (filled.errors.length === 0) expect(filled.text.length).toBeLessThanOrEqual(text.length)
    }),
    runs(1000),
  )
})

test('the lines of a dotenv file are counted right', () => {
  const line = fc.constantFrom('A=1', 'B="a\nb"', "C='x\ny\nz'", '# c', '', 'D=$A')
  fc.assert(
    fc.property(fc.array(line, { maxLength: 10 }), (lines) => {
      const before = lines.filter((one) => one !== 'D=$A' || lines.indexOf('A=1') < 0).concat('A=1')
      const content = `${before.filter((one) => one !== 'D=$A').join('\n')}\nno good\n`
      const { problems } = parseDotenv('.env', content, { outer: () => undefined })
      expect(problems.map((problem) => problem.line)).toEqual([content.split('\n').length - 1])
    }),
  )
})
