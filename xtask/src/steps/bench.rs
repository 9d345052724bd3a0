use crate::args::Args;
pub(crate) fn bench(_: Args) -> Result<bool, String> {
    Ok(true)
}
