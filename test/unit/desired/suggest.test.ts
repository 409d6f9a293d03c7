import { describe, expect, test } from 'vitest'
import { nearest } from '../../../controller/desired/suggest.ts'

describe('did you mean', () => {
  const words = ['image', 'ports', 'network_mode', 'networks', 'volumes']
  test.each<[string, string | undefined]>([
    ['imgae', 'image'],
    ['Image', 'image'],
    ['network-mode', 'network_mode'],
    ['network', 'networks'],
    ['volume', 'volumes'],
    ['port', 'ports'],
    ['helicopters', undefined],
    ['x', undefined],
    ['', undefined],
    ['x'.repeat(5000), undefined],
  ])('%.20s', (word, wanted) => expect(nearest(word, words)).toBe(wanted))
})
