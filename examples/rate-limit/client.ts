// Signed by CLIENT: one text. What it is called makes it one: sent again, it is
// refused.
declare const NAME: string
declare const TEXT: string

interface Board {
  post(name: string, text: string): void
}

export const main: Qvat.Main<Board> = ({ power }) => power.post(NAME, TEXT)
