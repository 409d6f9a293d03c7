import { createFakeRuntime } from '../support/fake-runtime.ts'
import { runtimeContract } from './runtime.contract.ts'

const image = { id: 'busybox', reference: 'localhost/test/busybox:1', root: '/fake', config: {} }

runtimeContract('in memory', async () => {
  const runtime = createFakeRuntime()
  return { runtime, image, close: () => runtime.close() }
})
