import { describe, expect, test } from 'vitest'
import { parseRawEnvFile } from '../../../../../controller/desired/compose/variables/raw-env-file.ts'
import { shown } from '../../support.ts'
import { lookupIn } from '../variables-support.ts'

const read = (content: string) => parseRawEnvFile('raw.env', content, lookupIn({ OUTER: 'o' }))

describe('format: raw', () => {
  test.each<[string, Record<string, string>]>([
    ['A="x" # $Y \\n', { A: '"x" # $Y \\n' }],
    ['  A= x ', { A: ' x ' }],
    ['A=a=b\n\n# c\n  # c\nB=', { A: 'a=b', B: '' }],
    ['OUTER\nMISSING', { OUTER: 'o' }],
    ['\uFEFFA=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['A:b=1', { 'A:b': '1' }],
  ])('%j', (content, wanted) => {
    const { variables, problems } = read(content)
    expect(problems).toEqual([])
    expect(Object.fromEntries(variables)).toEqual(wanted)
  })

  test('what is no entry is told of with its line, and the good lines are read', () => {
    const { variables, places, problems } = read('A=1\n  =x\nexport B=1\nC=2')
    expect(problems.map(shown)).toEqual([
      'raw.env:2:3 this line is no NAME=value: there is no name',
      'raw.env:3:1 this line is no NAME=value: a name has no space',
    ])
    expect([...variables.keys()]).toEqual(['A', 'C'])
    expect(places.get('C')).toEqual({ file: 'raw.env', line: 4, column: 1 })
  })
})
