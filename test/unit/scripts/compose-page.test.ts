import { describe, expect, it, test } from 'vitest'
import { composePage } from '../../../scripts/compose-page.ts'

const START = '<!-- keys: written by npm run generate -->'
const END = '<!-- /keys -->'

const page = composePage(`by hand\n\n${START}\nolder tables\n${END}\n\nby hand too\n`)

describe('docs/compose.md', () => {
  it('keeps what is written by hand', () => {
    expect(page).toMatch(/^by hand\n\n/)
    expect(page).toMatch(/\n\nby hand too\n$/)
    expect(page).not.toContain('older tables')
  })

  it('comes out the same when it is written again', () => {
    expect(composePage(page)).toBe(page)
  })

  it.each([`no start\n${END}`, `${START}\nno end`])('needs its markers: %s', (text) => {
    expect(() => composePage(text)).toThrow('docs/compose.md has no line <!--')
  })

  test.each([
    ['an honoured key', '| `ports` | honoured | Ports of the container'],
    ['one without effect, with the reason', '| `isolation` | **without effect** but for `default` | '],
    [
      'a refused one, with what to do instead',
      '| `models` | **refused** | Language models that services use, by name. | not honoured yet; run the model as a service |',
    ],
    [
      'a section by its path',
      '### `services.NAME.deploy.resources.limits`\n\nAll honoured.\n\n| key | what it is |',
    ],
    [
      'a section that is ignored as a whole',
      '### `services.NAME.build`\n\nAll without effect, as said above.',
    ],
    [
      'a section that is as another',
      '### `services.NAME.deploy.rollback_config`\n\nAs `services.NAME.deploy.update_config`.',
    ],
    ['image specs', '### Image specs, `NAME.image.yaml`'],
  ])('has %s', (_what, text) => {
    expect(page).toContain(text)
  })
})
