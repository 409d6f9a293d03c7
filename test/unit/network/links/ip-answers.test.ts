import { describe, expect, it } from 'vitest'
import { answersIn, complaints } from '../../../../agent/network/links/ip-answers.ts'

const NO_DEVICE = 'Cannot find device "x"\nCommand failed -:1\n'
const UNKNOWN = 'Object "end-of-request" is unknown, try "ip help".\n'

describe('what ip -batch wrote', () => {
  it.each([
    ['nothing yet', '', [2], [], ''],
    ['a request that is not at its end', NO_DEVICE, [2], [], NO_DEVICE],
    ['a line that is not whole', `${UNKNOWN}Command failed -:2`, [2], [], `${UNKNOWN}Command failed -:2`],
    ['a line whose number begins alike', 'Command failed -:20\n', [2], [], 'Command failed -:20\n'],
    ['one answer', `${NO_DEVICE}${UNKNOWN}Command failed -:2\n`, [2], [`${NO_DEVICE}${UNKNOWN}`], ''],
    ['two answers and more', 'aCommand failed -:2\nbCommand failed -:4\nc', [2, 4, 6], ['a', 'b'], 'c'],
    ['what nobody has asked for', 'late', [], [], 'late'],
  ])('%s', (_, said, markers, answers, rest) => {
    expect(answersIn(said, markers)).toEqual({ answers, rest })
  })

  it('has complaints beside its line numbers and the marker', () => {
    expect(complaints(`${NO_DEVICE}${UNKNOWN}`)).toEqual(['Cannot find device "x"'])
    expect(complaints(`${NO_DEVICE}RTNETLINK answers: File exists\n`, /File exists/)).toEqual([
      'Cannot find device "x"',
    ])
  })
})
