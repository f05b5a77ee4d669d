import { secondOpinion } from "../support/second-opinion/suite.ts";

secondOpinion("nftables");
