import type { SourceTree } from '../../schemas/source.ts'

/** Where desired state comes from: a branch of a remote repository, or a watched folder. */
export interface Source {
  /** Short and unique among the sources: the key in records, status and logs. */
  readonly name: string
  /** For people; carries no credentials. */
  readonly url: string
  /** Empty for a watched folder. */
  readonly branch: string

  /**
   * The revision at the head now. Cheap: for a repository one `git ls-remote`, nothing is fetched.
   * @throws SetpointError SOURCE_UNREACHABLE, SOURCE_DENIED, SOURCE_BRANCH_MISSING or SOURCE_INVALID
   */
  latest(): Promise<string>

  /**
   * All files at a revision that `latest` gave. Fetches only what is not here yet.
   * @throws SetpointError as `latest`, and SOURCE_TOO_LARGE
   */
  read(revision: string): Promise<SourceTree>

  /** Calls `wake` soon after something may have changed, where that can be noticed without polling. */
  watch(wake: () => void): Promise<void>

  close(): Promise<void>
}
