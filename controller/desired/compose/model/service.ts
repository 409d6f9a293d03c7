import { mapping } from './common.ts'
import { files } from './service/files.ts'
import { isolation } from './service/isolation.ts'
import { life } from './service/life.ts'
import { limits } from './service/limits.ts'
import { networking } from './service/networking.ts'
import { run } from './service/run.ts'

/** Compose Specification §Services top-level element. */
export const service = mapping('a mapping with an image', {
  ...run,
  ...life,
  ...networking,
  ...files,
  ...limits,
  ...isolation,
})
