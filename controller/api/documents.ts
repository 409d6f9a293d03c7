import type { DriftItem, StatusDocument } from '../../schemas/status.ts'

/** `GET /v1/version` */
export interface VersionDocument {
  version: string
  node: string
  /** Where this API listens, e.g. `http://127.0.0.1:7070`: the port is real even when 0 was asked for. */
  address: string
}

/** `GET /v1/drift` */
export interface DriftDocument {
  drift: DriftItem[]
}

/** `POST /v1/stacks/:name/rollback`: the status of the stack, and the revision that it goes back to. */
export interface RollbackDocument extends StatusDocument {
  to: string
}

/** `POST /v1/hosts/:name/trust` */
export interface TrustDocument {
  host: string
  recipient: string
}
