use crate::args::Args;
pub(crate) fn demo(_: Args) -> Result<bool, String> {
    Ok(true)
}
