import { openOciHost } from '../support/oci-host.ts'
import { runtimeContract } from './runtime.contract.ts'
import { devicesContract } from './runtime-devices.contract.ts'
import { hardeningContract } from './runtime-hardening.contract.ts'
import { hostContract } from './runtime-host.contract.ts'
import { isolationContract } from './runtime-isolation.contract.ts'
import { limitsContract } from './runtime-limits.contract.ts'
import { mountsContract } from './runtime-mounts.contract.ts'
import { usersContract } from './runtime-users.contract.ts'

const open = () => openOciHost('auto')

runtimeContract('crun', open)
hardeningContract('crun', open)
hostContract('crun', 'auto')
mountsContract('crun', open)
limitsContract('crun', open)
isolationContract('crun', open)
devicesContract('crun', open)
usersContract('crun', open)
