import { describe, expect, it } from 'vitest'
import { locate } from '../../../../controller/git/location/source-location.ts'

describe('locate', () => {
  it.each([
    ['https://example.org/infra.git', 'https://example.org/infra.git', {}],
    [
      'https://alice:pass@example.org/infra.git',
      'https://example.org/infra.git',
      { username: 'alice', password: 'pass' },
    ],
    ['https://ghp_token@example.org/infra.git', 'https://example.org/infra.git', { username: 'ghp_token' }],
    ['https://alice:p@ss@example.org/x', 'https://example.org/x', { username: 'alice', password: 'p@ss' }],
    [
      'https://alice:p%40s%23@example.org/x',
      'https://example.org/x',
      { username: 'alice', password: 'p@s#' },
    ],
    ['https://alice:100%@example.org/x', 'https://example.org/x', { password: '100%' }],
    ['http://[::1]:8080/x', 'http://[::1]:8080/x', {}],
    ['https://example.org/@scope/x', 'https://example.org/@scope/x', {}],
    ['ssh://git@example.org:22/x', 'ssh://git@example.org:22/x', { username: 'git' }],
    ['ssh://git:pass@example.org/~/x', 'ssh://git@example.org/~/x', { username: 'git', password: 'pass' }],
    ['git@example.org:x.git', 'git@example.org:x.git', {}],
    ['[::1]:x.git', '[::1]:x.git', {}],
  ])('takes %s apart', (url, shown, secrets) => {
    expect(locate(url)).toMatchObject({ argument: shown, display: shown, path: null, ...secrets })
  })

  it.each([
    ['/srv/infra.git', '/srv/infra.git'],
    ['file:///srv/infra%20a.git', '/srv/infra a.git'],
    ['/srv/with:colon', '/srv/with:colon'],
    ['/srv/../srv/x/', '/srv/x'],
  ])('knows that %s is on this machine', (url, path) => {
    expect(locate(url)).toEqual({ argument: path, display: path, path })
  })
})
