import { useState } from "preact/hooks";

interface Props {
  label: string;
  action: string;
  onSubmit: (name: string) => void;
}

/** One name and a button. */
export function NameForm({ label, action, onSubmit }: Props) {
  const [name, setName] = useState("");

  return (
    <form
      class="name-form"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(name);
        setName("");
      }}
    >
      <input
        aria-label={label}
        placeholder={label}
        required
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <button type="submit">{action}</button>
    </form>
  );
}
