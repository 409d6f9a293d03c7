import { describe, expect, it } from 'vitest'
import { redact } from '../../../../controller/git/location/redact.ts'

describe('redact', () => {
  it.each([
    [
      "unable to access 'https://alice:hunter2@example.org/x/': 403",
      "unable to access 'https://***@example.org/x/': 403",
    ],
    ['https://ghp_token@example.org/x', 'https://***@example.org/x'],
    ['https://a:b@c@example.org/x', 'https://***@example.org/x'],
    ['ssh://git:hunter2@example.org/x', 'ssh://git:***@example.org/x'],
    ['ssh://git@example.org/x', 'ssh://git@example.org/x'],
    ['git@example.org:x', 'git@example.org:x'],
    ['GET /x?access_token=abc&y=1', 'GET /x?access_token=***&y=1'],
    ['Authorization: Basic YWxpY2U6', 'Authorization: Basic ***'],
    ['two https://a:b@x.org and https://c:d@y.org', 'two https://***@x.org and https://***@y.org'],
    ['nothing secret at https://example.org/@scope', 'nothing secret at https://example.org/@scope'],
  ])('%s', (text, expected) => {
    expect(redact(text)).toBe(expected)
  })

  it('takes out the secrets given in every form they travel in (law 6)', () => {
    const secret = 'p/ss w@rd'
    const forms = [secret, encodeURIComponent(secret), Buffer.from(`alice:${secret}`).toString('base64')]
    expect(redact(forms.join(' | '), [secret, `alice:${secret}`])).toBe('*** | *** | ***')
  })

  it('does not replace very short secrets all over the text', () => {
    expect(redact('a cat sat', ['a'])).toBe('a cat sat')
  })
})
