import { secondOpinion } from "../support/second-opinion/suite.ts";

secondOpinion("iptables-nft");
