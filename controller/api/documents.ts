import type { DriftItem, SecretStatus, StatusDocument } from '../../schemas/status.ts'

/** `GET /v1/version` */
export interface VersionDocument {
  version: string
  node: string
  /** Where this API listens, e.g. `http://127.0.0.1:7070`: the port is real even when 0 was asked for. */
  address: string
  /** The age recipient of the controller's own key: for files that hosts need not open themselves, and external secrets. */
  recipient: string
}

/** `GET /v1/secrets` */
export interface SecretsDocument {
  secrets: SecretStatus[]
}

/** `POST /v1/secrets/:name` */
export interface SecretDocument {
  secret: SecretStatus
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
