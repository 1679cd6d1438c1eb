export type Proof = {
  /** Markdown, beginning with its `##` heading. */
  section: string;
  holds: boolean;
};

export type Part = {
  /** As it is named on the command line. */
  name: string;
  /** The long form: minutes. Rejects when it could not be carried out. */
  prove: () => Promise<Proof>;
};
