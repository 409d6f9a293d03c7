import { describe, expect, test } from 'vitest'
import { normaliseReference } from '../../../../controller/desired/image/references.ts'

const SHA = `sha256:${'a'.repeat(64)}`

describe('image references', () => {
  test.each<[string, string | undefined]>([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.29', 'docker.io/library/nginx:1.29'],
    ['team/app', 'docker.io/team/app:latest'],
    ['docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['index.docker.io/team/app:1', 'docker.io/team/app:1'],
    ['ghcr.io/a/b', 'ghcr.io/a/b:latest'],
    [`ghcr.io/a/b@${SHA}`, `ghcr.io/a/b@${SHA}`],
    [`nginx:1@${SHA}`, `docker.io/library/nginx:1@${SHA}`],
    ['localhost/x', 'localhost/x:latest'],
    ['localhost:5000/x:y', 'localhost:5000/x:y'],
    ['127.0.0.1:5000/a/b', '127.0.0.1:5000/a/b:latest'],
    ['a_b/c--d.e', 'docker.io/a_b/c--d.e:latest'],
    ['UPPER', undefined],
    ['a b', undefined],
    ['', undefined],
    [':tag', undefined],
    ['x:', undefined],
    ['x@sha256:short', undefined],
    [`x@${SHA}@${SHA}`, undefined],
    ['-x', undefined],
    ['a//b', undefined],
    ['../x', undefined],
    ['--privileged', undefined],
    ['x'.repeat(300), undefined],
  ])('%s', (reference, wanted) => expect(normaliseReference(reference)).toBe(wanted))

  test('what is normalised stays as it is', () => {
    expect(normaliseReference('docker.io/library/nginx:latest')).toBe('docker.io/library/nginx:latest')
  })
})
