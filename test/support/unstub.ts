import { afterEach, vi } from 'vitest'

// Files of tests share a process: what one has put into the environment is gone before the next begins.
afterEach(() => {
  vi.unstubAllEnvs()
})
