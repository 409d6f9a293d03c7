import { openOciHost } from '../support/oci-host.ts'
import { runtimeContract } from './runtime.contract.ts'
import { hardeningContract } from './runtime-hardening.contract.ts'
import { hostContract } from './runtime-host.contract.ts'
import { limitsContract } from './runtime-limits.contract.ts'
import { mountsContract } from './runtime-mounts.contract.ts'

const open = () => openOciHost('runc')

runtimeContract('runc', open)
hardeningContract('runc', open)
hostContract('runc', 'runc')
mountsContract('runc', open)
limitsContract('runc', open)
