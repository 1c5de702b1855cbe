import { render } from "preact";
import { ApiClient } from "./api/client";
import { ShelfPage } from "./pages/ShelfPage";
import "./styles.css";

const client = new ApiClient((path, init) => fetch(path, init));

render(<ShelfPage client={client} />, document.body);
